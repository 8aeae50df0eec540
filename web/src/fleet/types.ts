// Collector modules' work as the server sends it: modules and jobs themselves are the package's (`client/src/fleet.ts`).

import type { Job, JobPlan, JobState, Ns } from '@tradewind/client'

export type {
  ModuleState, Module, Collection, BarLength, Watched, Spread, JobPlan, JobState, Job,
} from '@tradewind/client'

export type ExecutionState = 'waiting' | 'sent' | 'done' | 'failed' | 'cancelled'

export interface Execution {
  readonly execution_id: string
  readonly job_id: string
  readonly module_id: string
  readonly state: ExecutionState
  /** How often it was given to somebody. */
  readonly lease: number
  readonly sent_at: Ns
  readonly ended_at: Ns
  readonly progress: string
  readonly result: unknown
  readonly error: string
  readonly is_late: boolean
}

export interface Step {
  readonly plan: JobPlan
  readonly name: string
  readonly on_failure: 'stop' | 'continue'
}

export interface Workflow {
  readonly workflow_id: string
  readonly name: string
  readonly steps: readonly Step[]
  readonly created_by: string
  readonly created_at: Ns
  readonly version: number
}

export interface WorkflowRun {
  readonly run_id: string
  readonly workflow_id: string
  readonly state: JobState
  /** Which step is under way, or was the last; below 0 before the first. */
  readonly step: number
  readonly steps: readonly Step[]
  readonly started_by: string
  readonly started_at: Ns
  readonly ended_at: Ns
  readonly error: string
}

export type Cadence =
  | { readonly every: 'cron'; readonly cron: string; readonly zone: string }
  | { readonly every: 'trading_day'; readonly instrument_id: string; readonly anchor: 'open' | 'close'; readonly minutes: number }

export interface Schedule {
  readonly name: string
  readonly cadence: Cadence
  readonly plan: JobPlan | null
  readonly workflow_id: string
  readonly is_enabled: boolean
  readonly next_at: Ns
  readonly last_at: Ns
  readonly last_job_id: string
  readonly missed: number
  readonly created_by: string
  readonly version: number
}

export interface ControlServer {
  readonly instance: string
  readonly address: string
  readonly started_at: Ns
  readonly beat_at: Ns
  readonly modules: number
  readonly is_alive: boolean
}

export interface JobPage {
  readonly jobs: readonly Job[]
  readonly next: string
}

export interface JobDetail {
  readonly job: Job
  readonly executions: readonly Execution[]
  readonly next: string
}
