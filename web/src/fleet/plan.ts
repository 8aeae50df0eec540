// What a person writes of a job, checked as it is written, and the plan that comes of it.

import type { BarLength, Cadence, Collection, JobPlan, Module, Spread, Watched } from './types'

/** As the server reads them (`domain/job.py`). */
const CODE = /^[A-Z0-9]{1,12}(\.[A-Z0-9]{1,4}){0,2}$/
const LABEL = /^[A-Za-z0-9_.-]{1,32}$/
const NAME = /^[A-Za-z0-9_.-]{1,64}$/
const MOST_CODES = 2000
const MOST_LABELS = 16
const TIMEOUT = { least: 5, most: 86_400 }
const ATTEMPTS = { least: 1, most: 10 }
const COUNT = { least: 1, most: 500 }
const DURATION = { least: 0, most: 604_800 }
const MOST_MINUTES = 600
const CRON_FIELDS = 5
const USUAL_KIND = 'quotes'

export const COLLECTIONS: readonly Collection[] = ['realtime', 'close']
export const BARS: readonly BarLength[] = ['1m', '5m', '15m', '30m', '1h', '2h', '4h', '1d', '1w', '1mo', '1q', '1y']
export const WATCHED: readonly Watched[] = ['trade', 'depth', 'kline']
/** Kinds whose documents go to collections of their own. */
const OWN_COLLECTION: ReadonlySet<string> = new Set(['depth', 'kline', 'stream'])

export type Whom = 'any' | 'modules' | 'label'

export interface PlanDraft {
  kind: string
  codes: string
  collection: Collection
  bar: BarLength
  count: number
  watch: Watched
  duration: number
  whom: Whom
  modules: readonly string[]
  label: string
  spread: Spread
  timeout: number
  attempts: number
}

export interface Fault {
  readonly key: 'noCodes' | 'badCode' | 'tooManyCodes' | 'noModules' | 'noLabel' | 'badLabel' | 'timeout' | 'attempts' | 'barCount' | 'duration'
  readonly params?: Readonly<Record<string, string | number>>
}

export function emptyDraft({ kind = USUAL_KIND, ...changes }: Partial<PlanDraft> = {}): PlanDraft {
  return { kind, codes: '', collection: 'realtime', bar: '1m', count: 1, watch: 'trade', duration: 0, whom: 'any', modules: [], label: '', spread: 'any', timeout: 300, attempts: 3, ...changes }
}

/** Each code once, in the capitals that vendors write them in. */
export function codesOf(text: string): readonly string[] {
  return [...new Set(text.toUpperCase().split(/[\s,;，；、]+/).filter((code) => code !== ''))]
}

export function badCodesOf(codes: readonly string[]): readonly string[] {
  return codes.filter((code) => !CODE.test(code))
}

function faultOfCodes(text: string): Fault | null {
  const codes = codesOf(text)
  if (codes.length === 0) return { key: 'noCodes' }
  const [bad] = badCodesOf(codes)
  if (bad !== undefined) return { key: 'badCode', params: { code: bad.slice(0, 40) } }
  return codes.length > MOST_CODES ? { key: 'tooManyCodes', params: { count: codes.length, most: MOST_CODES } } : null
}

function faultOfWhom(draft: PlanDraft): Fault | null {
  if (draft.whom === 'modules' && draft.modules.length === 0) return { key: 'noModules' }
  if (draft.whom !== 'label') return null
  if (draft.label === '') return { key: 'noLabel' }
  return LABEL.test(draft.label) ? null : { key: 'badLabel' }
}

export const hasCollection = (kind: string): boolean => !OWN_COLLECTION.has(kind)
export const hasBar = ({ kind, watch }: Pick<PlanDraft, 'kind' | 'watch'>): boolean => kind === 'kline' || (kind === 'stream' && watch === 'kline')

function faultOfKind({ kind, count, duration }: PlanDraft): Fault | null {
  if (kind === 'kline' && !isWithin(count, COUNT)) return { key: 'barCount', params: COUNT }
  return kind === 'stream' && !isWithin(duration, DURATION) ? { key: 'duration', params: DURATION } : null
}

const isWithin = (value: number, { least, most }: { least: number; most: number }): boolean => Number.isInteger(value) && value >= least && value <= most

/** What is wrong with it, the first thing first; `null` when it can be sent. */
export function faultOf(draft: PlanDraft): Fault | null {
  const fault = faultOfCodes(draft.codes) ?? faultOfKind(draft) ?? faultOfWhom(draft)
  if (fault !== null) return fault
  if (!isWithin(draft.timeout, TIMEOUT)) return { key: 'timeout', params: TIMEOUT }
  return isWithin(draft.attempts, ATTEMPTS) ? null : { key: 'attempts', params: ATTEMPTS }
}

export function planOf(draft: PlanDraft): JobPlan {
  return {
    kind: draft.kind,
    codes: codesOf(draft.codes),
    collection: hasCollection(draft.kind) ? draft.collection : 'realtime',
    bar: draft.bar,
    count: draft.count,
    watch: draft.watch,
    duration_s: draft.duration,
    modules: draft.whom === 'modules' ? draft.modules : [],
    label: draft.whom === 'label' ? draft.label : '',
    spread: draft.spread,
    timeout_s: draft.timeout,
    attempts: draft.attempts,
  }
}

export function draftOf(plan: JobPlan): PlanDraft {
  const whom: Whom = plan.modules.length > 0 ? 'modules' : plan.label === '' ? 'any' : 'label'
  return {
    kind: plan.kind, codes: plan.codes.join(' '), collection: plan.collection, bar: plan.bar, count: plan.count, watch: plan.watch, duration: plan.duration_s, whom, modules: plan.modules, label: plan.label,
    spread: plan.spread, timeout: plan.timeout_s, attempts: plan.attempts,
  }
}

/** The modules a plan may go to, of those that are admitted. */
export function meantFor(draft: PlanDraft, modules: readonly Module[]): readonly Module[] {
  const admitted = modules.filter((module) => module.state === 'online' || module.state === 'offline')
  if (draft.whom === 'modules') return admitted.filter((module) => draft.modules.includes(module.module_id))
  return draft.whom === 'label' ? admitted.filter((module) => module.labels.includes(draft.label)) : admitted
}

/** The kinds that may be chosen: those that the server sends, and that of a job which was written when it sent others. */
export function kindsOf(sendable: readonly string[], chosen: string): readonly string[] {
  return sendable.includes(chosen) ? sendable : [...sendable, chosen]
}

export function labelsOf(modules: readonly Module[]): readonly string[] {
  return [...new Set(modules.flatMap((module) => module.labels))].toSorted()
}

/** Labels as a person writes them, and the first that is none. */
export function labelsIn(text: string): { readonly labels: readonly string[]; readonly bad: string; readonly areTooMany: boolean } {
  const labels = [...new Set(text.split(/[\s,，、]+/).filter((label) => label !== ''))]
  return { labels, bad: labels.find((label) => !LABEL.test(label)) ?? '', areTooMany: labels.length > MOST_LABELS }
}

export const isName = (text: string): boolean => NAME.test(text)

export type CadenceFault = 'cron' | 'zone' | 'instrument' | 'minutes'

/** What can be seen of it here; the server reads the rest and says so. */
export function cadenceFault(cadence: Cadence): CadenceFault | null {
  if (cadence.every === 'cron') {
    if (cadence.cron.trim().split(/\s+/).length !== CRON_FIELDS || !/^[\d\s*,/\-#LA-Za-z]+$/.test(cadence.cron)) return 'cron'
    return /^[A-Za-z_]+(\/[A-Za-z0-9_+-]+)*$/.test(cadence.zone) ? null : 'zone'
  }
  if (!/^\S{3,40}$/.test(cadence.instrument_id)) return 'instrument'
  return Number.isInteger(cadence.minutes) && Math.abs(cadence.minutes) <= MOST_MINUTES ? null : 'minutes'
}
