// Modules, jobs and schedules in words.

import '../i18n/fleet'
import { duration, msOf } from '../format/times'
import { t, tCode } from '../i18n'
import { hasBar, hasCollection } from './plan'
import type { Execution, Job, JobPlan, Module, Schedule, WorkflowRun } from './types'

/** A server notes what it hears every few seconds: longer silence means that the note is old. */
const QUIET_MS = 30_000
const SHORT_CODES = 4
const MS_PER_S = 1000

export type Liveness = 'online' | 'quiet' | 'offline' | 'pending' | 'retired'

/** As its state, and `quiet` where it should be connected and nobody has noted a word of it for long. */
export function livenessOf(module: Module, nowMs: number): Liveness {
  return module.state === 'online' && nowMs - msOf(module.seen_at) > QUIET_MS ? 'quiet' : module.state
}

export const sayLiveness = (module: Module, nowMs: number): string => t(`fleet.state.${livenessOf(module, nowMs)}`)

/** Nothing is told of the future: clocks of two machines are never quite the same. */
export function sayAgo(ns: number, nowMs: number): string {
  if (ns <= 0) return t('fleet.never')
  const ms = nowMs - msOf(ns)
  return ms < 1000 ? t('fleet.justNow') : t('fleet.ago', { time: duration(ms) })
}

export const versionOf = (module: Module): string => module.told.release ?? (module.program === '' ? '' : module.program.slice(0, 8))

export const nameOf = (id: string, modules: readonly Module[]): string => modules.find((module) => module.module_id === id)?.name ?? id

export function sayCodes(codes: readonly string[]): string {
  const shown = codes.slice(0, SHORT_CODES).join(' ')
  return codes.length > SHORT_CODES ? t('fleet.codesMore', { codes: shown, count: codes.length }) : shown
}

export function sayWhom(plan: JobPlan, modules: readonly Module[]): string {
  const spread = t(`fleet.spread.${plan.spread}`)
  if (plan.modules.length === 1) return nameOf(plan.modules[0]!, modules)
  if (plan.modules.length > 0) return t('fleet.toModules', { count: plan.modules.length, spread })
  return plan.label === '' ? t('fleet.toAll', { spread }) : t('fleet.toLabel', { label: plan.label, spread })
}

export const sayKind = (kind: string): string => tCode('fleet.kind', kind)

/** The kind with what belongs to it: where quotes go, which bars, what a stream stores and for how long. */
export function sayWhat(plan: JobPlan): string {
  const parts = [sayKind(plan.kind)]
  if (hasCollection(plan.kind)) parts.push(t(`fleet.collection.${plan.collection}`))
  if (plan.kind === 'stream') parts.push(t(`fleet.watch.${plan.watch}`))
  if (hasBar(plan)) parts.push(t(`fleet.bar.${plan.bar}`))
  if (plan.kind === 'kline') parts.push(t('fleet.bars', { count: plan.count }))
  if (plan.kind === 'stream') parts.push(plan.duration_s === 0 ? t('fleet.untilCancelled') : duration(plan.duration_s * MS_PER_S))
  return parts.join(' · ')
}

export function sayOrigin(job: Job): string {
  const origin = t(`fleet.origin.${job.origin}`)
  return job.origin_id === '' ? `${origin} · ${job.created_by}` : `${origin} · ${job.origin_id}`
}

export function sayCadence({ cadence }: Pick<Schedule, 'cadence'>): string {
  if (cadence.every === 'cron') return `${cadence.cron} · ${cadence.zone}`
  const when = t(`fleet.anchor.${cadence.anchor}`)
  const shift = cadence.minutes === 0 ? '' : t(cadence.minutes > 0 ? 'fleet.minutesAfter' : 'fleet.minutesBefore', { count: Math.abs(cadence.minutes) })
  return t('fleet.byMarket', { contract: cadence.instrument_id, when, shift })
}

/** How long it took, or takes by now. */
export function sayTook(begun: number, ended: number, nowMs: number): string {
  if (begun <= 0) return ''
  const ms = (ended > 0 ? msOf(ended) : nowMs) - msOf(begun)
  return ms < 1000 ? `${Math.max(0, Math.round(ms))} ms` : duration(ms)
}

/** Each state looks like one that the desk has a colour for. */
export const LOOKS: Readonly<Record<Job['state'] | Execution['state'] | Liveness, string>> = {
  waiting: 'is-waiting', running: 'is-working', sent: 'is-working', done: 'is-done', failed: 'is-failed', cancelled: 'is-cancelled',
  online: 'is-done', quiet: 'is-waiting', offline: 'is-failed', pending: 'is-waiting', retired: 'is-cancelled',
}

export const isEnded = (state: Job['state']): boolean => state === 'done' || state === 'failed' || state === 'cancelled'

/** `2/3`: which step is under way or was the last. */
export const sayStep = (run: WorkflowRun): string => `${Math.max(0, run.step + 1)}/${run.steps.length}`
