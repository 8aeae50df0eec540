// What the trading desk sends, as the package names it (`client/src/desk.ts`), and what only these pages ask for. Money and
// prices come as text, so that no digit is lost; `desk/exact.ts` counts with them.

import type { Ns } from '@tradewind/client'

export { ALGORITHMS } from '@tradewind/client'
export type {
  Decimal, Direction, Offset, OrderStatus, Position, Account, Lot, OrderRequest, Order, Fill, Algorithm, Execution,
  InstructionLine, Instruction, PlanParams, Plan, Trigger, TradingState, LimitWarning, Refusal, WhatIfLine,
  AccountAfter, Headroom, WhatIf, CloseView, EquityPoint, EquityView, EquityDay, LimitsView,
} from '@tradewind/client'

export interface StrategyParam {
  readonly name: string
  readonly value: string | number | boolean
  readonly default: string | number | boolean | null
  readonly description: string
}

export interface StrategyHealth {
  readonly state: string
  readonly version: number
  readonly signals: number
  readonly errors: number
  readonly refused: number
  readonly quarantines: number
  /** Time of the line. */
  readonly quarantined_until: Ns | null
  readonly evidence: string | null
  readonly last_error: string | null
  readonly own_time_us: number | null
}

export interface SignalStrategy {
  readonly name: string
  readonly source: string
  readonly doc: string
  readonly params: readonly StrategyParam[]
  readonly health: StrategyHealth
  /** Parameters that somebody changed by hand. */
  readonly changed: readonly string[]
}

/** A row of a record: columns by name. */
export type RecordRow = Readonly<Record<string, string | number | null>>

/** What all rows that fit come to. */
export interface RecordTotals {
  readonly count: number
  readonly sums: Readonly<Record<string, string | number>>
}

export interface RecordPage<T = RecordRow> {
  readonly rows: readonly T[]
  readonly next: string
}
