// How long each part of an opportunity's way took, by the stamps that went along: from the exchange to this screen.

import type { Evidence, SignalWay } from './history'

/** When this page was sent an opportunity's first version, and when it had it: ms by two clocks. */
export interface Arrival {
  readonly pushedMs: number | null
  readonly arrivedMs: number
}

export type HopId =
  | 'source' | 'line' | 'cleaned' | 'features' | 'read' | 'answer' | 'strategy' | 'merged' | 'told' | 'pushed' | 'page' | 'whole'

/** What is to be known of a figure: it lies between two clocks, the bus told it by the ms, it is what is usual. */
export type HopMark = 'clocks' | 'bus' | 'usual'

export interface Hop {
  readonly id: HopId
  readonly ms: number
  readonly mark?: HopMark
  /** Whose signal it is about. */
  readonly strategy?: string
}

/** What lies further apart than this is no delay: another clock, or another day's recording. */
const MOST_MS = 60_000
/** The bus cuts its stamps off at the ms: what is less than one before another may be after it. */
const BUS_MS = 1
const NS = 1e6

/** A part that cannot be told is left out. */
export function hopsOf(evidence: Evidence, arrival: Arrival | null): Hop[] {
  const first = evidence.ways?.[0]
  const hops = first === undefined ? unstamped(evidence) : stamped(evidence, first)
  if (arrival !== null) hops.push(...arrived(arrival, first?.times.ts_merged ?? 0, evidence))
  // Nothing comes before its cause: what seems to is told by two clocks, such as the simulator's own and the machine's.
  return hops.filter((hop) => Math.abs(hop.ms) <= MOST_MS).map((hop) => (hop.ms < 0 ? { ...hop, mark: 'clocks' } : hop))
}

/** Of records of before, and of replays: by the newest tick alone. */
function unstamped(evidence: Evidence): Hop[] {
  const tick = evidence.ticks.at(-1)
  if (tick === undefined) return []
  return [
    { id: 'source', ms: (tick.ts_recv - tick.ts_event) / NS, mark: 'clocks' },
    { id: 'line', ms: (evidence.heard_at - tick.ts_recv) / NS },
  ]
}

function stamped(evidence: Evidence, first: SignalWay): Hop[] {
  const { times } = first
  const hops: Hop[] = []
  if (times.ts_recv > 0) hops.push({ id: 'source', ms: (times.ts_recv - first.ts_event) / NS, mark: 'clocks' })
  hops.push(...(times.ts_told > 0 ? apart(first) : together(first, evidence.features_ns ?? 0)))
  for (const way of (evidence.ways ?? []).slice(1)) hops.push(...together(way, 0))
  if (times.ts_merged > 0) hops.push({ id: 'told', ms: (evidence.heard_at - times.ts_merged) / NS })
  if (times.ts_recv > 0) hops.push({ id: 'whole', ms: (evidence.heard_at - times.ts_recv) / NS })
  return hops
}

/** Each room a process of its own: the bus stamps what goes from one to the next. */
function apart({ strategy, times }: SignalWay): Hop[] {
  const hops: Hop[] = []
  if (times.ts_recv > 0) hops.push(onBus('cleaned', times.ts_told - times.ts_recv))
  const written = Math.max(times.ts_features, times.ts_told)
  if (times.ts_features > 0) hops.push(onBus('features', times.ts_features - times.ts_told))
  hops.push(onBus('read', times.ts_heard - written), { id: 'strategy', ms: (times.ts_made - times.ts_heard) / NS, strategy })
  return [...hops, ...merged(strategy, times.ts_merged, times.ts_made)]
}

/** All of it in one go, of which one process measures the whole, and by samples what its parts usually take. */
function together({ strategy, times }: SignalWay, featuresNs: number): Hop[] {
  const hops: Hop[] = []
  if (times.ts_recv > 0) hops.push({ id: 'answer', ms: (times.ts_made - times.ts_recv) / NS, strategy })
  if (featuresNs > 0) hops.push({ id: 'features', ms: featuresNs / NS, mark: 'usual' })
  if (times.own_ns > 0) hops.push({ id: 'strategy', ms: times.own_ns / NS, mark: 'usual', strategy })
  return [...hops, ...merged(strategy, times.ts_merged, times.ts_made)]
}

function merged(strategy: string, to: number, from: number): Hop[] {
  return to > 0 ? [{ id: 'merged', ms: (to - from) / NS, strategy }] : []
}

function onBus(id: HopId, ns: number): Hop {
  const ms = ns / NS
  return { id, ms: ms > -BUS_MS && ms < 0 ? 0 : ms, mark: 'bus' }
}

function arrived({ pushedMs, arrivedMs }: Arrival, mergedNs: number, evidence: Evidence): Hop[] {
  if (pushedMs === null) return [{ id: 'page', ms: arrivedMs - evidence.heard_at / NS, mark: 'clocks' }]
  const page: Hop = { id: 'page', ms: arrivedMs - pushedMs, mark: 'clocks' }
  return mergedNs > 0 ? [{ id: 'pushed', ms: pushedMs - mergedNs / NS }, page] : [page]
}

/** `12 µs`, `3.4 ms`, and what the bus told by the ms as such. */
export function durationOf({ ms, mark }: Hop): string {
  const size = Math.abs(ms)
  if (mark === 'bus') return size < BUS_MS ? '< 1 ms' : `${ms.toFixed(0)} ms`
  const about = mark === 'usual' ? '≈ ' : ''
  if (size < 1) return `${about}${(ms * 1000).toFixed(size < 0.01 ? 1 : 0)} µs`
  return `${about}${ms.toFixed(size < 10 ? 2 : 0)} ms`
}
