// What the server tells operators (api/ops_desk.py).

import type { Ns } from '../api/types'

export type Level = 'debug' | 'info' | 'warning' | 'error'

export interface LogLine {
  readonly id: string
  readonly time: string
  readonly service: string
  readonly logger: string
  readonly level: string
  readonly event: string
  readonly fields: Readonly<Record<string, string>>
}

export interface LogPage {
  readonly lines: readonly LogLine[]
  readonly services: readonly string[]
  readonly is_cut: boolean
}

export interface AlertWords {
  readonly title: string
  readonly means: string
  readonly look: readonly string[]
  readonly remedy: readonly string[]
}

export interface AlertView {
  readonly name: string
  readonly group: string
  readonly severity: 'critical' | 'warning'
  readonly state: 'quiet' | 'pending' | 'firing'
  readonly since: Ns | null
  readonly found: readonly Readonly<Record<string, string>>[]
  readonly expr: string
  readonly holds_for: string
  readonly words: Readonly<Record<'zh' | 'en', AlertWords>>
}

export interface SettingView {
  readonly path: string
  readonly value: string
  readonly default: string
  readonly origin: string
  readonly allowed: string
  readonly description: string
  readonly is_secret: boolean
}

export interface RecordedDay {
  readonly id: string
  readonly trading_day: number
  readonly recording: string
  readonly state: string
  readonly ticks: number
  readonly instruments: number
  readonly bytes: number
  readonly journal_bytes: number
  readonly gaps: number
  readonly lost: number
  readonly remark?: string
}

export interface Store {
  readonly name: string
  readonly path: string
  readonly bytes: number
  readonly kept: string
}

export interface DataView {
  readonly days: readonly RecordedDay[]
  readonly stores: readonly Store[]
  readonly disk_free: number
  readonly disk_size: number
  readonly is_recording: boolean
  readonly no_replays?: '' | 'replay' | 'gateway'
}

export interface GapRow {
  readonly instrument_id: string
  readonly kind: string
  readonly from_ns: Ns
  readonly until_ns: Ns
}

export interface ReplayView {
  readonly id: string
  readonly day: string
  readonly url: string
  readonly state: 'starting' | 'playing' | 'ended'
  readonly by: string
  readonly since: Ns
  readonly error?: string
}
