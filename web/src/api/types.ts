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
}

export interface Source {
  readonly kind: string
  readonly name?: string
}

export interface Session {
  readonly identity: string
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

export type ReplaySpeed = number | 'max'

export interface ReplayStatus {
  readonly path: string
  readonly layout: string | null
  readonly speed: ReplaySpeed
  readonly is_paused: boolean
  readonly is_done: boolean
  readonly ts: Ns | null
  readonly percent: number
  readonly ticks_played: number
  readonly ticks_total: number | null
  readonly malformed_rows: number
  readonly lap: number
  readonly is_seeking?: boolean
  readonly can_go_back?: boolean
}

export interface ServiceStatus {
  readonly name: string
  readonly state: string
  readonly is_healthy: boolean
  readonly restarts?: number
  readonly last_error?: string | null
}

/** How long one room takes for one event of a topic. */
export interface Hop {
  readonly topic: string
  readonly room: string
  readonly count: number
  readonly p50_us: number
  readonly p99_us: number
}

/** A live feed that somebody should look at: `absent` or `silent` in trading hours. */
export interface FeedAlarm {
  readonly state: string
  readonly since_ns: Ns
  readonly message: string
}

export interface SystemStatus {
  readonly version: string
  readonly uptime_s: number
  readonly memory_mb: number
  readonly services: readonly ServiceStatus[]
  readonly rates: Readonly<Record<string, number>>
  readonly counters: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly gauges: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly line_latency: Readonly<Record<string, number>>
  readonly hops: readonly Hop[]
  /** Which releases run side by side, and what may be traded meanwhile; `null` while all agree. */
  readonly mixed?: { readonly mode: string; readonly releases: Readonly<Record<string, readonly string[]>> } | null
}

export interface MainContractProposal {
  readonly symbol: string
  readonly exchange: string
  readonly trading_day: number
  readonly reason: string
  readonly open_interest: number
  readonly volume: number
  readonly current_open_interest: number | null
  readonly current_volume: number | null
}

export interface MainContract {
  readonly main_contract: string | null
  readonly contract_multiplier: number | null
  readonly exchange: string | null
  readonly last_update: string | null
  readonly auto_subscribe: boolean
  readonly is_subscribed: boolean
  readonly proposal: MainContractProposal | null
}
