// The instruction book as the server sends it, in the field names of the Python structs. A field that has its default
// is left out on the wire: what may be missing says so here.

import type { Ns, Side } from '../api/types'
import type { Decimal, Execution, InstructionLine, Offset } from '../desk/types'

export type BookStatus =
  | 'draft' | 'submitted' | 'approved' | 'accepted' | 'working' | 'partly_done' | 'cancelling' | 'done' | 'closed' | 'cancelled' | 'rejected' | 'expired'

/** What somebody may do with an instruction. */
export const ACTS = ['amend', 'submit', 'withdraw', 'approve', 'reject', 'accept', 'decline', 'reassign', 'send', 'stop', 'resume', 'fill', 'waive', 'close'] as const
export type Act = (typeof ACTS)[number]

export interface Send {
  readonly adjustment: number
  readonly sent_by: string
  readonly started_at: Ns
  readonly is_stopped?: boolean
  readonly begins_at?: Ns
  readonly ends_at?: Ns
  readonly max_order_quantity?: number
  readonly participation?: Decimal | null
}

export interface SentLine extends InstructionLine {
  readonly send?: Send | null
}

export type AdjustmentStatus = 'waiting' | 'working' | 'partly_done' | 'done' | 'waived'

/** One contract's position to be changed, with what follows from it; positions are long − short, in lots. */
export interface Adjustment {
  readonly number: number
  readonly instrument_id: string
  readonly status: AdjustmentStatus
  readonly current_position: number
  readonly adjusted_position: number
  readonly side: Side
  readonly quantity: number
  readonly filled_quantity: number
  readonly working_quantity: number
  readonly refused_quantity: number
  /** Lots neither done nor sent, that somebody may still send. */
  readonly left_quantity: number
  readonly wish: string
  readonly limit_price: Decimal | null
  readonly reference_price: Decimal | null
  readonly arrival_price: Decimal | null
  readonly average_price: Decimal | null
  readonly slippage_ticks: Decimal | null
  /** Money lost (positive) or won against the price of arrival. */
  readonly slippage: Decimal | null
  readonly current_delta_value: Decimal
  readonly adjusted_delta_value: Decimal
}

export interface Handling {
  readonly execution?: Partial<Execution>
  readonly starts?: 'acceptance' | 'approval'
  readonly max_order_quantity?: number
  readonly participation?: Decimal | null
  readonly begins_at?: Ns
  readonly ends_at?: Ns
}

/** An instruction as people see it. */
export interface BookInstruction {
  readonly instruction_id: string
  readonly status: BookStatus
  readonly version: number
  readonly account_id: string
  readonly product_code: string
  readonly strategy: string
  readonly actor: string
  readonly makers: readonly string[]
  readonly trader: string
  readonly reason: string
  readonly reason_code: string
  readonly cause: string
  readonly trading_day: number
  readonly expires_at: Ns
  readonly created_at: Ns
  readonly updated_at: Ns
  readonly total_current_delta_value: Decimal
  readonly total_adjusted_delta_value: Decimal
  readonly quantity: number
  readonly filled_quantity: number
  readonly working_quantity: number
  readonly refused_quantity: number
  readonly left_quantity: number
  readonly slippage: Decimal | null
  readonly handling: Handling | null
  /** What its state allows to who has the right. */
  readonly allowed_acts: readonly string[]
  readonly adjustments: readonly Adjustment[]
  readonly sends: readonly SentLine[]
}

/** An adjustment as the feed tells it: what it was made of; the rest follows (`told.ts`). */
export interface ToldAdjustment {
  readonly instrument_id: string
  readonly current_long: number
  readonly current_short: number
  readonly adjusted_position: number
  readonly contract_multiplier: number
  readonly price_tick: Decimal
  readonly wish?: string
  /** The same with what the account is worth, for who sees all of it. */
  readonly weighed?: string
  readonly limit_price?: Decimal | null
  readonly reference_price?: Decimal | null
  readonly arrival_price?: Decimal | null
  readonly current_delta_value?: Decimal
  readonly adjusted_delta_value?: Decimal
  readonly is_waived?: boolean
  readonly working_quantity?: number
  readonly filled_quantity?: number
  readonly refused_quantity?: number
  readonly turnover?: Decimal
}

/** An instruction as the feed tells it. */
export interface ToldInstruction {
  readonly instruction_id: string
  readonly account_id: string
  readonly product_code: string
  readonly strategy: string
  readonly actor: string
  readonly status: BookStatus
  readonly version: number
  readonly lines: readonly SentLine[]
  readonly trading_day: number
  readonly created_at: Ns
  readonly updated_at: Ns
  readonly reason_code: string
  readonly reason: string
  readonly cause: string
  readonly adjustments?: readonly ToldAdjustment[]
  readonly trader?: string
  readonly makers?: readonly string[]
  readonly handling?: Handling | null
  readonly expires_at?: Ns
  readonly total_current_delta_value?: Decimal
  readonly total_adjusted_delta_value?: Decimal
}

/** An order of a send, or a fill made elsewhere. */
export interface Detail {
  readonly detail_id: string
  readonly adjustment: number
  readonly instrument_id: string
  readonly kind: 'order' | 'manual'
  readonly open_close: Offset
  readonly buy_sell: Side
  readonly quantity: number
  readonly price: Decimal | null
  readonly filled_quantity: number
  readonly average_price: Decimal | null
  readonly status: string
  readonly trade_id: string
  readonly by: string
  readonly ts: Ns
}

/** One line of the timeline: the act, who and when, and the version and state that followed. */
export interface Step {
  readonly version: number
  readonly status: BookStatus
  readonly act: string
  readonly actor: string
  readonly ts: Ns
  readonly source: string
  readonly reason: string
  /** What changed, in English; the code and its arguments say the same in any language. */
  readonly note: string
  readonly note_code: string
  readonly note_args: Readonly<Record<string, string>>
}

/** One contract's position as it is wanted: in one of three ways. */
export interface Wish {
  readonly instrument_id: string
  readonly target?: number
  readonly delta?: number
  readonly weight?: Decimal
  readonly limit_price?: Decimal
}

export interface Draft {
  readonly wishes: readonly Wish[]
  readonly basis: 'account' | 'product'
  readonly handling: Handling | null
  readonly trader: string
  readonly expires_at: Ns
  readonly reason: string
}
