// An instruction as the feed tells it, made into what the pages show: the same arithmetic as the book's own
// (`domain/book.py`), exact to the last digit.

import type { Side } from '../api/types'
import { divide, exact, minus, parse, plain, sum, times, type Exact } from '../desk/exact'
import type { Adjustment, AdjustmentStatus, BookInstruction, ToldAdjustment, ToldInstruction } from './types'
import { WORKFLOW } from './workflow'

const DIGITS = 8

/** As the server writes a quotient: no zeros at its end. */
function shown(value: Exact | null): string | null {
  if (value === null) return null
  const text = plain(value)
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

function signed(value: Exact, side: Side): Exact {
  return side === 'buy' ? value : { units: -value.units, scale: value.scale }
}

function statusOf(quantity: number, filled: number, working: number, isWaived: boolean): AdjustmentStatus {
  if (filled >= quantity) return 'done'
  if (isWaived && working === 0) return 'waived'
  if (filled > 0) return 'partly_done'
  return working > 0 ? 'working' : 'waiting'
}

export function adjustmentOf(told: ToldAdjustment, number: number): Adjustment {
  const current = told.current_long - told.current_short
  const quantity = Math.abs(told.adjusted_position - current)
  const side = told.adjusted_position >= current ? 'buy' : 'sell'
  const { filled_quantity: filled = 0, working_quantity: working = 0, is_waived: isWaived = false } = told
  const turnover = exact(told.turnover)
  const average = divide(turnover, exact(filled), DIGITS)
  const arrival = parse(told.arrival_price)
  const isKnown = arrival !== null && average !== null
  return {
    number,
    instrument_id: told.instrument_id,
    status: statusOf(quantity, filled, working, isWaived),
    current_position: current,
    adjusted_position: told.adjusted_position,
    side,
    quantity,
    filled_quantity: filled,
    working_quantity: working,
    refused_quantity: told.refused_quantity ?? 0,
    left_quantity: isWaived ? 0 : Math.max(0, quantity - filled - working),
    wish: told.weighed ?? told.wish ?? '',
    limit_price: told.limit_price ?? null,
    reference_price: told.reference_price ?? null,
    arrival_price: told.arrival_price ?? null,
    average_price: shown(average),
    slippage_ticks: isKnown ? shown(divide(signed(minus(average, arrival), side), exact(told.price_tick), DIGITS)) : null,
    slippage: isKnown ? plain(signed(times(minus(turnover, times(arrival, exact(filled))), exact(told.contract_multiplier)), side)) : null,
    current_delta_value: told.current_delta_value ?? '0',
    adjusted_delta_value: told.adjusted_delta_value ?? '0',
  }
}

export function instructionOf(told: ToldInstruction): BookInstruction {
  const adjustments = (told.adjustments ?? []).map(adjustmentOf)
  const total = (of: (each: Adjustment) => number): number => adjustments.reduce((all, each) => all + of(each), 0)
  const slippage = adjustments.flatMap((each) => each.slippage ?? [])
  return {
    instruction_id: told.instruction_id,
    status: told.status,
    version: told.version,
    account_id: told.account_id,
    product_code: told.product_code,
    strategy: told.strategy,
    actor: told.actor,
    makers: told.makers ?? [],
    trader: told.trader ?? '',
    reason: told.reason,
    reason_code: told.reason_code,
    cause: told.cause,
    trading_day: told.trading_day,
    expires_at: told.expires_at ?? 0,
    created_at: told.created_at,
    updated_at: told.updated_at,
    total_current_delta_value: told.total_current_delta_value ?? '0',
    total_adjusted_delta_value: told.total_adjusted_delta_value ?? '0',
    quantity: total((each) => each.quantity),
    filled_quantity: total((each) => each.filled_quantity),
    working_quantity: total((each) => each.working_quantity),
    refused_quantity: total((each) => each.refused_quantity),
    left_quantity: total((each) => each.left_quantity),
    slippage: slippage.length === 0 ? null : plain(sum(slippage)),
    handling: told.handling ?? null,
    allowed_acts: WORKFLOW[told.status],
    adjustments,
    sends: told.lines,
  }
}
