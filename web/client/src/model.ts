// What the server sends, in the field names of the Python structs. Times are ns since epoch: beyond 2^53 they are
// rounded to about 256 ns by JSON.parse, which no screen can show.

export type Ns = number
export type Side = 'buy' | 'sell'

export interface Instrument {
  readonly instrument_id: string
  readonly symbol: string
  readonly exchange: string
  readonly product_id: string
  readonly name: string
  readonly contract_multiplier: number
  readonly price_tick: number
  readonly price_digits: number
  readonly hours_id: string
  readonly expire_date?: number | null
  readonly currency?: string
  /** Fewest shares one order takes; `null` where no table knows it. */
  readonly board_lot?: number | null
}

export type DepthLevel = readonly [number | null, number, number | null, number]

export interface Tick {
  readonly instrument_id: string
  readonly seq: number
  readonly ts_event: Ns
  readonly ts_recv: Ns
  readonly trading_day: number
  readonly last_price: number
  readonly volume: number
  readonly turnover: number
  readonly open_interest: number
  readonly bid_price: number | null
  readonly bid_volume: number
  readonly ask_price: number | null
  readonly ask_volume: number
  readonly open_price: number | null
  readonly high_price: number | null
  readonly low_price: number | null
  readonly pre_settlement_price: number | null
  readonly pre_close_price: number | null
  readonly pre_open_interest: number | null
  readonly limit_up: number | null
  readonly limit_down: number | null
  readonly settlement_price: number | null
  readonly depth: readonly DepthLevel[] | null
  readonly volume_delta: number
  readonly turnover_delta: number
  readonly flags?: number
}

export interface Bar {
  readonly instrument_id: string
  readonly interval_s: number
  readonly ts_open: Ns
  readonly ts_close: Ns
  readonly trading_day: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
  readonly turnover: number
  readonly open_interest: number
  readonly tick_count?: number
  readonly seq?: number
}

export interface WindowFeatures {
  readonly window: string
  readonly sample_size: number
  readonly return: number
  readonly change_percent: number
  readonly vwap: number | null
  readonly volume_sum: number
  readonly turnover_sum: number
  readonly high: number
  readonly low: number
  readonly mean: number
  readonly realized_volatility: number
  readonly zscore: number
}

export interface FeatureSnapshot {
  readonly instrument_id: string
  readonly seq: number
  readonly ts_event: Ns
  readonly trading_day: number
  readonly last_price: number
  readonly day_change_percent: number | null
  readonly spread: number | null
  readonly imbalance: number | null
  readonly microprice: number | null
  readonly ema_fast: number | null
  readonly ema_slow: number | null
  readonly macd: number | null
  readonly macd_signal: number | null
  readonly macd_histogram: number | null
  readonly rsi: number | null
  readonly bollinger_mid: number | null
  readonly bollinger_upper: number | null
  readonly bollinger_lower: number | null
  readonly atr: number | null
  readonly windows: readonly WindowFeatures[]
}

export interface Signal {
  readonly instrument_id: string
  readonly signal_type: string
  readonly side: Side
  readonly confidence: number
  readonly strength: number
  readonly reasons?: readonly string[]
  readonly window?: string
  readonly signal_id: string
  readonly strategy: string
  readonly seq: number
  readonly ts_event: Ns
  readonly last_price: number
  /** What made it, such as `tick:au2604.SHFE:1586`. */
  readonly cause: string
  readonly times?: SignalTimes | null
}

/** When a signal, and what it came of, was where, by the clock of each machine it passed; 0 where unknown. */
export interface SignalTimes {
  /** Its tick came in. */
  readonly ts_recv: Ns
  /** The clean tick stood on the network bus, to the millisecond; 0 where the rooms share a process. */
  readonly ts_told: Ns
  /** The features made of it did. */
  readonly ts_features: Ns
  /** The strategies room read them. */
  readonly ts_heard: Ns
  /** The strategy had answered. */
  readonly ts_made: Ns
  /** The signals room had taken the signal up. */
  readonly ts_merged: Ns
  /** What a call of the strategy usually takes. */
  readonly own_ns: number
}

export interface Contribution {
  readonly strategy: string
  readonly signal_id: string
  readonly signal_type: string
  readonly side: Side
  readonly confidence: number
  readonly strength: number
  readonly weight: number
  readonly ts_event: Ns
  readonly reasons: readonly string[]
  readonly times?: SignalTimes | null
}

export type OpportunityState = 'NEW' | 'ACTIVE' | 'TRACKING' | 'CLOSED'

export interface Opportunity {
  readonly opportunity_id: string
  readonly instrument_id: string
  readonly side: Side
  readonly state: OpportunityState
  readonly version: number
  readonly confidence: number
  readonly strength: number
  readonly last_price: number
  readonly entry_price: number
  readonly created_at: Ns
  readonly updated_at: Ns
  readonly expires_at: Ns
  readonly reasons: readonly string[]
  readonly contributions: readonly Contribution[]
  readonly cause?: string
}

export type Severity = 'low' | 'medium' | 'high' | 'critical'

export interface RiskAlert {
  readonly alert_id: string
  readonly kind: string
  readonly severity: Severity
  readonly instrument_id: string
  readonly ts_event: Ns
  readonly params: Readonly<Record<string, number | string>>
  readonly opportunity_id: string | null
  readonly cause?: string
}

export interface Source {
  readonly kind: string
  readonly name?: string
}

export interface Session {
  readonly identity: string
  readonly session_id: string | null
  readonly csrf: string
  readonly push_url: string
  readonly version: string
  readonly source?: Source
  readonly features?: { readonly test_quotes?: boolean; readonly history?: boolean }
  readonly reconnect_tries?: number
  /** What we may do, each with the (product, account) it covers; `*` is every one. */
  readonly permissions?: Readonly<Record<string, readonly (readonly [string, string])[]>>
  /** With the access token and nobody else who could approve. */
  readonly is_alone?: boolean
  /** As people call them. */
  readonly name?: string
}
