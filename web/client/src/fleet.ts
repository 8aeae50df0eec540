// Collector modules and their jobs, in the field names of the Python structs.

import type { Ns } from './model.js'

export type ModuleState = 'pending' | 'online' | 'offline' | 'retired'

export interface Module {
  readonly module_id: string
  readonly name: string
  readonly description: string
  readonly state: ModuleState
  readonly labels: readonly string[]
  /** The MD5 a module gives of its own files. */
  readonly program: string
  readonly instance: string
  readonly peer: string
  readonly registered_at: Ns
  readonly connected_at: Ns
  readonly seen_at: Ns
  /** Executions it has under way. */
  readonly load: number
  /** What modules of ours say of themselves; what is as usual is left out. */
  readonly told: { readonly release?: string; readonly kinds?: readonly string[]; readonly unsent?: number; readonly machine_load?: number }
  readonly done: number
  readonly failed: number
  readonly last_job_id: string
  readonly last_job_at: Ns
  readonly version: number
}

export type Collection = 'realtime' | 'close'
export type BarLength = '1m' | '5m' | '15m' | '30m' | '1h' | '2h' | '4h' | '1d' | '1w' | '1mo' | '1q' | '1y'
export type Watched = 'trade' | 'depth' | 'kline'
export type Spread = 'any' | 'each'

export interface JobPlan {
  readonly kind: string
  readonly codes: readonly string[]
  readonly collection: Collection
  readonly bar: BarLength
  /** Newest bars of each code. */
  readonly count: number
  /** What a stream stores. */
  readonly watch: Watched
  /** Seconds a stream lasts; 0 until it is cancelled. */
  readonly duration_s: number
  readonly modules: readonly string[]
  readonly label: string
  readonly spread: Spread
  readonly timeout_s: number
  readonly attempts: number
}

export type JobState = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled'

export interface Job {
  readonly job_id: string
  readonly plan: JobPlan
  readonly state: JobState
  readonly origin: 'api' | 'legacy' | 'schedule' | 'workflow'
  readonly origin_id: string
  readonly created_by: string
  readonly created_at: Ns
  readonly ended_at: Ns
  readonly executions: number
  readonly waiting: number
  readonly running: number
  readonly done: number
  readonly failed: number
  readonly error: string
  readonly version: number
}
