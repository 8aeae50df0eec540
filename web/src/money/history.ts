// The history of opportunities and alerts: what is asked, and a row of the record as what the page shows live.

import type { Contribution, Ns, Opportunity, OpportunityState, RiskAlert, Severity, Side, SignalTimes } from '../api/types'
import { dayOf, type Condition } from '../desk/records'
import type { RecordRow } from '../desk/types'

export type HistoryView = 'opportunities' | 'alerts'

export interface HistoryFilter {
  readonly day: string
  readonly instrument: string
  readonly strategy: string
  readonly state: string
  readonly severity: string
  readonly kind: string
}

export const NO_FILTER: HistoryFilter = { day: '', instrument: '', strategy: '', state: '', severity: '', kind: '' }

export function conditionsOf(filter: HistoryFilter, view: HistoryView): Condition[] {
  const found: Condition[] = []
  const day = dayOf(filter.day)
  if (day !== null) found.push({ column: 'trading_day', test: 'is', value: day })
  const instrument = filter.instrument.trim()
  if (instrument !== '') found.push({ column: 'instrument_id', test: 'begins', value: instrument })
  if (view === 'opportunities') {
    if (filter.strategy !== '') found.push({ column: 'strategies', test: 'contains', value: filter.strategy })
    if (filter.state !== '') found.push({ column: 'state', test: 'is', value: filter.state })
  } else {
    if (filter.severity !== '') found.push({ column: 'severity', test: 'is', value: filter.severity })
    if (filter.kind !== '') found.push({ column: 'kind', test: 'is', value: filter.kind })
  }
  return found
}

export interface TickBehind {
  readonly seq: number
  readonly ts_event: number
  readonly ts_recv: number
  readonly last_price: number
  readonly bid_price: number | null
  readonly ask_price: number | null
  readonly volume: number
}

/** The first signal of a strategy in an opportunity: when it, and what it came of, was where. */
export interface SignalWay {
  readonly strategy: string
  readonly ts_event: Ns
  readonly times: SignalTimes
}

export interface Evidence {
  readonly heard_at: number
  /** What features usually take for a tick, ns; 0 or absent where the record does not know. */
  readonly features_ns?: number
  /** In the order in which the strategies joined; absent in records of before. */
  readonly ways?: readonly SignalWay[]
  readonly ticks: readonly TickBehind[]
  readonly features: (Readonly<Record<string, number | null>> & { readonly windows?: readonly Readonly<Record<string, number | string | null>>[] }) | null
}

export type Step = readonly [ts: number, state: OpportunityState, confidence: number, price: number]

export interface KeptOpportunity extends Opportunity {
  readonly trading_day: number
  readonly strategies: string
  readonly steps: readonly Step[]
  readonly evidence: Evidence | null
}

export function opportunityOf(row: RecordRow): KeptOpportunity {
  const number = (name: string): number => Number(row[name] ?? 0)
  return {
    opportunity_id: String(row['opportunity_id']),
    instrument_id: String(row['instrument_id']),
    side: String(row['side']) as Side,
    state: String(row['state']) as OpportunityState,
    version: number('version'),
    confidence: number('confidence'),
    strength: number('strength'),
    last_price: number('last_price'),
    entry_price: number('entry_price'),
    created_at: number('created_at'),
    updated_at: number('updated_at'),
    expires_at: number('expires_at'),
    reasons: row['reasons'] as unknown as readonly string[],
    contributions: row['contributions'] as unknown as readonly Contribution[],
    trading_day: number('trading_day'),
    strategies: String(row['strategies']),
    steps: row['steps'] as unknown as readonly Step[],
    evidence: row['evidence'] as unknown as Evidence | null,
  }
}

export function alertOf(row: RecordRow): RiskAlert {
  const opportunity = String(row['opportunity_id'] ?? '')
  return {
    alert_id: String(row['alert_id']),
    kind: String(row['kind']),
    severity: String(row['severity']) as Severity,
    instrument_id: String(row['instrument_id']),
    ts_event: Number(row['ts_event']),
    params: row['params'] as unknown as RiskAlert['params'],
    opportunity_id: opportunity === '' ? null : opportunity,
  }
}

/** The last prices as the points of a line 100 wide and 30 high; '' for fewer than two. */
export function tickLine(ticks: readonly TickBehind[]): string {
  if (ticks.length < 2) return ''
  const prices = ticks.map((tick) => tick.last_price)
  const [low, high] = [Math.min(...prices), Math.max(...prices)]
  const range = high - low
  const yOf = (price: number): number => (range === 0 ? 15 : 28 - ((price - low) / range) * 26)
  return ticks.map((tick, at) => `${((at / (ticks.length - 1)) * 100).toFixed(2)},${yOf(tick.last_price).toFixed(2)}`).join(' ')
}
