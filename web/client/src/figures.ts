// What the desk shows beside its records, in the field names of the Python structs: positions and funds with their risk,
// fills and working orders summed up. `null` where something that a figure needs is not known.

import type { Ns, Side } from './model.js'
import type { Decimal, Direction } from './desk.js'

interface Versioned {
  readonly account_id: string
  readonly product_code: string
  readonly version: number
  readonly ts_event: Ns
}

export interface PositionFigures extends Versioned {
  readonly strategy: string
  readonly book: string
  readonly instrument_id: string
  readonly instrument_name: string
  readonly exchange: string
  readonly sector: string
  readonly direction: Direction
  readonly quantity: number
  readonly today: number
  readonly yesterday: number
  readonly closable: number
  readonly open_price: Decimal | null
  readonly holding_price: Decimal | null
  readonly last_price: Decimal | null
  readonly market_value: Decimal | null
  readonly delta_lots: Decimal | null
  readonly delta: Decimal | null
  readonly delta_value: Decimal | null
  readonly position_pnl: Decimal
  readonly floating_pnl: Decimal
  readonly margin: Decimal
}

export interface AccountFigures extends Versioned {
  readonly strategy: string
  readonly book: string
  readonly currency: string
  readonly trading_day: number
  readonly pre_balance: Decimal
  readonly deposit: Decimal
  readonly withdraw: Decimal
  readonly balance: Decimal
  readonly available: Decimal
  readonly margin: Decimal
  readonly frozen_margin: Decimal
  readonly commission: Decimal
  readonly frozen_commission: Decimal
  readonly close_pnl: Decimal
  readonly position_pnl: Decimal
  readonly floating_pnl: Decimal
  readonly market_value: Decimal | null
  readonly gross_value: Decimal | null
  readonly delta_value: Decimal | null
  readonly risk_degree: Decimal | null
  readonly leverage: Decimal | null
}

export interface TradeStatistic extends Versioned {
  readonly strategy: string
  readonly instrument_id: string
  readonly side: Side
  readonly trading_day: number
  readonly fills: number
  readonly quantity: number
  readonly turnover: Decimal
  readonly avg_price: Decimal | null
  readonly commission: Decimal
}

export interface OrderStatistic extends Versioned {
  readonly strategy: string
  readonly instrument_id: string
  readonly side: Side
  readonly orders: number
  readonly quantity: number
  readonly filled_quantity: number
  readonly remaining_quantity: number
  readonly frozen_margin: Decimal
}

export const GROUPINGS = ['product', 'strategy', 'trader', 'sector', 'exchange'] as const
export type Grouping = (typeof GROUPINGS)[number]

export interface PositionGroup extends Versioned {
  readonly grouping: Grouping
  readonly name: string
  readonly positions: number
  readonly long_quantity: number
  readonly short_quantity: number
  readonly net_quantity: number
  readonly gross_quantity: number
  readonly delta_lots: Decimal | null
  readonly delta_value: Decimal | null
  readonly market_value: Decimal | null
  readonly gross_value: Decimal | null
  readonly position_pnl: Decimal
  readonly floating_pnl: Decimal
  readonly margin: Decimal
  readonly unpriced: number
}
