// Builders of the instruction book: a whole value with the fields that matter changed.

import type { Execution, InstructionLine } from '../src/desk/types'
import { adjustmentOf, instructionOf } from '../src/book/told'
import type { Adjustment, BookInstruction, SentLine, ToldAdjustment, ToldInstruction } from '../src/book/types'
import type { Permission } from '../src/office/rights'
import type { Who } from '../src/book/workflow'

const EXECUTION: Execution = {
  algorithm: 'direct', limit_price: null, slip_ticks: 2, duration_s: 0, slices: 0, display_quantity: 0, time_in_force: 'day', patience_s: 0,
}

export function toldAdjustment(changes: Partial<ToldAdjustment> = {}): ToldAdjustment {
  return { instrument_id: 'rb2605.SHFE', current_long: 0, current_short: 0, adjusted_position: 10, contract_multiplier: 10, price_tick: '1', ...changes }
}

export function makeAdjustment(changes: Partial<ToldAdjustment> = {}): Adjustment {
  return adjustmentOf(toldAdjustment(changes), 0)
}

export function toldInstruction(changes: Partial<ToldInstruction> = {}): ToldInstruction {
  return {
    instruction_id: 'B000001', account_id: 'paper', product_code: 'wenjian1', strategy: '', actor: 'li.manager', status: 'accepted', version: 4,
    lines: [], trading_day: 20_261_122, created_at: 1, updated_at: 2, reason_code: '', reason: '', cause: '', adjustments: [toldAdjustment()],
    trader: 'wang.trader', makers: ['li.manager'], ...changes,
  }
}

export function makeInstruction(changes: Partial<ToldInstruction> = {}): BookInstruction {
  return instructionOf(toldInstruction(changes))
}

export function makeSend(changes: Partial<Omit<InstructionLine, 'execution'>> = {}, isStopped = false): SentLine {
  return {
    instrument_id: 'rb2605.SHFE', side: 'buy', quantity: 10, execution: EXECUTION, working_quantity: 10, filled_quantity: 0, refused_quantity: 0,
    missing_quantity: 0, reason_code: '', send: { adjustment: 0, sent_by: 'wang.trader', started_at: 1, is_stopped: isStopped }, ...changes,
  }
}

export function somebody(username: string, ...permissions: Permission[]): Who {
  const has = new Set(permissions)
  return { username, may: (permission) => has.has(permission) }
}
