// What the trading desk sends, in the field names of the Python structs. Money and prices come as text, so that no
// digit is lost; `desk/exact.ts` counts with them.

import type { Ns, Side } from '../api/types'

/** A decimal number as text, such as `1000035.27275`. */
export type Decimal = string
export type Direction = 'long' | 'short'
export type Offset = 'open' | 'close' | 'close_today' | 'close_yesterday'
export type OrderStatus = 'pending' | 'sent' | 'unknown' | 'accepted' | 'partial' | 'filled' | 'cancelled' | 'rejected'

export interface Position {
  readonly account_id: string
  readonly book: string
  readonly instrument_id: string
  readonly direction: Direction
  readonly today: number
  readonly yesterday: number
  readonly frozen_today: number
  readonly frozen_yesterday: number
  readonly open_cost: Decimal
  readonly position_cost: Decimal
  readonly margin: Decimal
  readonly last_price: Decimal | null
  readonly position_pnl: Decimal
  readonly floating_pnl: Decimal
  readonly contract_multiplier: number
  readonly opened_at: Ns
  readonly version: number
  readonly ts_event: Ns
}

export interface Account {
  readonly account_id: string
  readonly book: string
  readonly currency: string
  readonly trading_day: number
  readonly pre_balance: Decimal
  readonly deposit: Decimal
  readonly withdraw: Decimal
  readonly close_pnl: Decimal
  readonly close_pnl_by_trade: Decimal
  readonly position_pnl: Decimal
  readonly floating_pnl: Decimal
  readonly premium: Decimal
  readonly commission: Decimal
  readonly margin: Decimal
  readonly frozen_margin: Decimal
  readonly frozen_commission: Decimal
  readonly frozen_cash: Decimal
  readonly balance: Decimal
  readonly available: Decimal
  readonly version: number
  readonly ts_event: Ns
}

export interface Lot {
  readonly fill: string
  readonly trading_day: number
  readonly opened_at: Ns
  readonly is_today: boolean
  readonly quantity: number
  readonly open_price: Decimal
  readonly base_price: Decimal
  readonly contract_multiplier: number
  readonly last_price: Decimal | null
  readonly position_pnl: Decimal
  readonly floating_pnl: Decimal
}

export interface OrderRequest {
  readonly client_order_id: string
  readonly instruction_id: string
  readonly account_id: string
  readonly product_code: string
  readonly strategy: string
  readonly instrument_id: string
  readonly side: Side
  readonly offset: Offset
  readonly quantity: number
  readonly price: Decimal | null
  readonly price_type: 'limit' | 'market'
  readonly time_in_force: string
  readonly origin: string
  readonly actor: string
  readonly trading_day: number
  readonly ts_event: Ns
  readonly cause: string
}

export interface Order {
  readonly request: OrderRequest
  readonly status: OrderStatus
  readonly version: number
  readonly filled_quantity: number
  readonly turnover: Decimal
  readonly order_id: string
  readonly margin: Decimal
  readonly commission: Decimal
  readonly is_cancel_sent: boolean
  readonly is_cancel_unknown: boolean
  readonly reason_code: string
  readonly reason: string
  readonly ts_event: Ns
}

export interface Fill {
  readonly fill_id: string
  readonly client_order_id: string
  readonly account_id: string
  readonly instrument_id: string
  readonly side: Side
  readonly offset: Offset
  readonly quantity: number
  readonly price: Decimal
  readonly trading_day: number
  readonly ts_event: Ns
}

export const ALGORITHMS = ['direct', 'twap', 'vwap', 'iceberg', 'sniper'] as const
export type Algorithm = (typeof ALGORITHMS)[number]

export interface Execution {
  readonly algorithm: Algorithm
  readonly limit_price: Decimal | null
  readonly slip_ticks: number
  readonly duration_s: number
  readonly slices: number
  readonly display_quantity: number
  readonly time_in_force: string
  readonly patience_s: number
}

export interface InstructionLine {
  readonly instrument_id: string
  readonly side: Side
  readonly quantity: number
  readonly execution: Execution
  readonly working_quantity: number
  readonly filled_quantity: number
  readonly refused_quantity: number
  readonly missing_quantity: number
  readonly reason_code: string
}

export interface Instruction {
  readonly instruction_id: string
  readonly origin: string
  readonly account_id: string
  readonly strategy: string
  readonly actor: string
  readonly status: string
  readonly version: number
  readonly lines: readonly InstructionLine[]
  readonly created_at: Ns
  readonly updated_at: Ns
  readonly reason_code: string
  readonly reason: string
  readonly cause: string
}

export interface PlanParams {
  readonly account_id: string
  readonly product_code: string
  readonly execution: Execution
  readonly [field: string]: unknown
}

export interface Plan {
  readonly name: string
  readonly params: PlanParams
  readonly next_params: PlanParams
  readonly is_active: boolean
  readonly version: number
  readonly actor: string
  readonly reason: string
  readonly ts_event: Ns
}

export interface Trigger {
  readonly trigger_id: string
  readonly strategy: string
  readonly instrument_id: string
  readonly condition: string
  readonly price: Decimal | null
  readonly action: string
  readonly result: string
  readonly version: number
  readonly order_id: string
  readonly error: string
  readonly ts_event: Ns
  readonly updated_at: Ns
  readonly cause: string
}

export interface TradingState {
  readonly scope: string
  readonly key: string
  readonly mode: 'active' | 'reducing' | 'halted'
  readonly actor: string
  readonly reason_code: string
  readonly reason: string
  readonly version: number
  readonly ts_event: Ns
}

export interface LimitWarning {
  readonly rule: string
  readonly scope: string
  readonly key: string
  readonly percent: number
  readonly limit: string
  readonly actual: string
  readonly trading_day: number
  readonly ts_event: Ns
}

export interface Refusal {
  readonly rule: string
  readonly code: string
  readonly scope: string
  readonly limit: string
  readonly actual: string
}

export interface WhatIfLine {
  readonly order: OrderRequest
  readonly is_approved: boolean
  readonly refusals: readonly Refusal[]
  readonly margin: Decimal
  readonly commission: Decimal
}

export interface AccountAfter {
  readonly account_id: string
  readonly margin: Decimal
  readonly frozen_margin: Decimal
  readonly commission: Decimal
  readonly available: Decimal | null
  readonly balance: Decimal | null
  readonly risk_ratio: Decimal | null
}

export interface Headroom {
  readonly name: string
  readonly scope: string
  readonly key: string
  readonly instrument_id: string
  readonly limit: Decimal
  readonly used: Decimal
  readonly left: Decimal
}

export interface WhatIf {
  readonly lines: readonly WhatIfLine[]
  readonly accounts: readonly AccountAfter[]
  readonly headroom: readonly Headroom[]
}

export interface CloseView {
  readonly position: Position
  readonly quantity: number
  readonly what_if: WhatIf
  readonly confirmation: string
}

export interface EquityPoint {
  readonly ts: Ns
  readonly trading_day: number
  readonly balance: Decimal
  readonly available: Decimal
  readonly margin: Decimal
}

export interface EquityView {
  readonly days: readonly EquityDay[]
  readonly today: readonly EquityPoint[]
}

export interface EquityDay {
  readonly trading_day: number
  readonly balance: Decimal
}

export interface LimitsView {
  readonly scopes: readonly { readonly scope: string; readonly key: string; readonly use: readonly Headroom[] }[]
}

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

export interface RecordPage<T = RecordRow> {
  readonly rows: readonly T[]
  readonly next: string
}
