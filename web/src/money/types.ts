// What REST tells of an account's days, fills and figures; money comes as text and stays exact.

import type { Ns } from '../api/types'

export interface DayRow {
  readonly trading_day: number
  readonly pre_balance: string
  readonly deposit: string
  readonly withdraw: string
  readonly close_pnl: string
  readonly position_pnl: string
  readonly commission: string
  readonly net: string
  readonly balance: string
  readonly margin: string
  readonly is_live: boolean
}

export interface ValuePoint {
  readonly trading_day: number
  readonly net_value: string
  readonly drawdown: string
}

export interface Drawdown {
  readonly ratio: string
  readonly amount: string
  readonly peak_day: number
  readonly bottom_day: number
  readonly recovered_day: number
  readonly days_down: number
  readonly days_under: number
}

export interface DaysView {
  readonly account_id: string
  readonly book: string
  readonly currency: string
  readonly days: readonly DayRow[]
  readonly curve: readonly ValuePoint[]
  readonly drawdown: Drawdown | null
}

export interface DayPart {
  readonly instrument_id: string
  readonly close_pnl: string
  readonly position_pnl: string
  readonly commission: string
  readonly bought: number
  readonly sold: number
  readonly long: number
  readonly short: number
  readonly contract_multiplier: number
  readonly price: string | null
}

export interface TradeResult {
  readonly trade_id: string
  readonly product_code: string
  readonly strategy: string
  readonly trader: string
  readonly instrument_id: string
  readonly side: 'buy' | 'sell'
  readonly position_offset: string
  readonly quantity: number
  readonly price: string
  readonly commission: string
  readonly close_pnl: string
  readonly ts_event: Ns
}

export interface DayView {
  readonly account_id: string
  readonly book: string
  readonly currency: string
  readonly day: DayRow | null
  readonly parts: readonly DayPart[]
  readonly trades: readonly TradeResult[]
  readonly slippage: Readonly<Record<string, string>>
}

export interface Contribution {
  readonly name: string
  readonly close_pnl: string | null
  readonly position_pnl: string | null
  readonly gross: string
  readonly commission: string
  readonly net: string
  readonly slippage: string | null
  readonly bought: number
  readonly sold: number
  readonly turnover: string
  readonly fills: number
}

export interface Attribution {
  readonly rows: readonly Contribution[]
  readonly total: Contribution
  readonly undivided: string
  readonly ledger_net: string
  readonly difference: string
  readonly is_exact: boolean
}

export interface TradeFigures {
  readonly closed: number
  readonly won: number
  readonly lost: number
  readonly win_rate: string | null
  readonly profit_factor: string | null
  readonly payoff: string | null
  readonly best: string
  readonly worst: string
  readonly losing_run: number
  readonly winning_run: number
  readonly holding_s: number | null
  readonly fills: number
  readonly turnover: string
  readonly commission: string
}

export interface Performance {
  readonly days: number
  readonly net: string
  readonly total_return: string
  readonly annual_return: string | null
  readonly volatility: string | null
  readonly sharpe: string | null
  readonly sortino: string | null
  readonly calmar: string | null
  readonly winning_days: number
  readonly losing_days: number
  readonly turnover_ratio: string | null
  readonly drawdown: Drawdown | null
  readonly trades: TradeFigures
}

export interface StatisticsView {
  readonly from_day: number
  readonly until_day: number
  readonly days_per_year: number
  readonly figures: Performance
}
