// What the server sends to its own pages alone; what every program hears is the package's (`client/src/model.ts`).

import type { Ns } from '@tradewind/client'

export type {
  Ns, Side, Instrument, DepthLevel, Tick, Bar, WindowFeatures, FeatureSnapshot, Signal, SignalTimes, Contribution,
  OpportunityState, Opportunity, Severity, RiskAlert, Source, Session,
} from '@tradewind/client'

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
  /** Seconds since each service that runs apart told of itself. */
  readonly told_s?: Readonly<Record<string, number>>
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
