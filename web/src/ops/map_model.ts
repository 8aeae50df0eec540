// The platform as a drawing: which parts there are, where they stand, what flows between them and how fast.
// Services that this installation does not run are left out; what is no service (sources, stores, clients) is drawn plain.

import type { Hop, ServiceStatus, SystemStatus } from '../api/types'

export type Health = 'good' | 'bad' | 'plain'

export interface Part {
  readonly id: string
  /** In percent of the drawing. */
  readonly x: number
  readonly y: number
  readonly kind: 'service' | 'outside' | 'store'
  readonly health: Health
  readonly service: ServiceStatus | null
  /** Figures under the name, as codes with values: the words are the page's. */
  readonly figures: readonly Figure[]
}

export interface Figure {
  readonly code: string
  readonly value: number
}

export interface Flow {
  readonly from: string
  readonly to: string
  /** Events a second; `null` where nobody counts them. */
  readonly perSecond: number | null
  readonly p50Us: number | null
  readonly p99Us: number | null
  /** How long the far end's newest entry read had waited, in seconds; `null` where the way leads over no bus. */
  readonly behindS: number | null
}

type Timing = Pick<Hop, 'p50_us' | 'p99_us'>

export interface Drawing {
  readonly parts: readonly Part[]
  readonly flows: readonly Flow[]
}

const PLACES: Readonly<Record<string, readonly [number, number]>> = {
  source: [6, 20],
  market: [20.7, 20],
  features: [35.3, 20],
  strategies: [50, 20],
  signals: [64.7, 20],
  trading: [79.3, 20],
  push: [94, 20],
  recordings: [20.7, 55],
  risk: [64.7, 55],
  database: [79.3, 55],
  clients: [94, 55],
  modules: [20.7, 88],
  control: [35.3, 88],
  quotes: [79.3, 88],
  api: [94, 88],
}

/** What goes where: `rate` names one of the server's rates, `hop` the topic whose handling is timed at the far end and which goes over the bus. */
const FLOWS: readonly { readonly from: string; readonly to: string; readonly rate?: string; readonly hop?: string }[] = [
  { from: 'source', to: 'market', rate: 'ticks_in' },
  { from: 'market', to: 'features', rate: 'ticks_clean', hop: 'clean_ticks' },
  { from: 'features', to: 'strategies', rate: 'features', hop: 'features' },
  { from: 'strategies', to: 'signals', rate: 'signals', hop: 'signals' },
  { from: 'signals', to: 'trading', rate: 'opportunities', hop: 'opportunities' },
  { from: 'signals', to: 'risk', rate: 'alerts', hop: 'opportunities' },
  { from: 'trading', to: 'push', rate: 'orders', hop: 'orders' },
  { from: 'push', to: 'clients', rate: 'push_messages' },
  { from: 'api', to: 'clients', rate: 'api_requests' },
  { from: 'quotes', to: 'clients', rate: 'quotes_frames' },
  { from: 'market', to: 'recordings', rate: 'ticks_recorded' },
  { from: 'trading', to: 'database', rate: 'journal_entries' },
  { from: 'modules', to: 'control', rate: 'control_messages' },
]

/** The rooms that one process of the order line holds: its timings are theirs. */
const DESK: ReadonlySet<string> = new Set(['instructions', 'pretrade', 'execution', 'portfolio', 'statistics', 'notices'])
const OUTSIDE: Readonly<Record<string, readonly string[]>> = { source: ['market'], clients: ['push', 'api'], modules: ['control'] }
const STORES: Readonly<Record<string, readonly string[]>> = { recordings: ['market'], database: ['trading'] }

export function drawingOf(status: SystemStatus): Drawing {
  const services = new Map(status.services.map((service) => [service.name, service]))
  const has = (names: readonly string[]): boolean => names.some((name) => services.has(name))
  const parts: Part[] = []
  for (const [id, [x, y]] of Object.entries(PLACES)) {
    const service = services.get(id) ?? null
    const neighbours = OUTSIDE[id] ?? STORES[id]
    if (service === null && (neighbours === undefined || !has(neighbours))) continue
    const kind = service !== null ? 'service' : STORES[id] === undefined ? 'outside' : 'store'
    parts.push({ id, x, y, kind, service, health: healthOf(service), figures: figuresOf(id, status) })
  }
  const drawn = new Set(parts.map((part) => part.id))
  const flows = FLOWS.filter(({ from, to }) => drawn.has(from) && drawn.has(to)).map(({ from, to, rate, hop }) => {
    const timed = hop === undefined ? ownTime(status, to) : slowest(status.hops, hop, to)
    const behindS = hop === undefined ? null : (status.gauges['tradewind_bus_behind_seconds']?.[to] ?? null)
    return { from, to, perSecond: rate === undefined ? null : (status.rates[rate] ?? null), p50Us: timed?.p50_us ?? null, p99Us: timed?.p99_us ?? null, behindS }
  })
  return { parts, flows }
}

function healthOf(service: ServiceStatus | null): Health {
  if (service === null) return 'plain'
  return service.is_healthy ? 'good' : 'bad'
}

/** The market's own time, where it is a process of its own: in one process the same figure is that of the whole line. */
function ownTime(status: SystemStatus, part: string): Timing | null {
  const { p50_us: p50, p99_us: p99, count: taken } = status.line_latency
  const isApart = status.told_s?.[part] !== undefined
  return part === 'market' && isApart && p50 !== undefined && p99 !== undefined && (taken ?? 0) > 0 ? { p50_us: p50, p99_us: p99 } : null
}

/** Of a part with several rooms the slowest one counts: that is where time goes. */
function slowest(hops: readonly Hop[], topic: string, part: string): Hop | null {
  const own = hops.filter((hop) => hop.topic === topic && (hop.room === part || (part === 'trading' && DESK.has(hop.room))))
  return own.reduce<Hop | null>((worst, hop) => (worst === null || hop.p99_us > worst.p99_us ? hop : worst), null)
}

/** What waits and who is connected, where it is more than nothing or belongs to the part. */
function figuresOf(id: string, status: SystemStatus): Figure[] {
  const gauge = (name: string, label?: string): number | undefined => {
    const values = status.gauges[name]
    if (values === undefined) return undefined
    return label === undefined ? sum(Object.values(values)) : values[label]
  }
  const told: Figure[] = []
  const add = (code: string, value: number | undefined, isAlways = false): void => {
    if (value !== undefined && (isAlways || value > 0)) told.push({ code, value })
  }
  add('behind', gauge('tradewind_bus_behind_seconds', id))
  if (id === 'market') add('disk', gauge('tradewind_market_ticks_waiting_for_disk'))
  if (id === 'trading') add('queue', gauge('tradewind_execution_queue'), true)
  if (id === 'push') add('clients', gauge('tradewind_push_clients'), true)
  if (id === 'quotes') add('clients', gauge('tradewind_quotes_clients'), true)
  if (id === 'control') add('modules', gauge('tradewind_control_modules'), true)
  if (id === 'push') add('dropped', sum(Object.values(status.counters['tradewind_push_dropped_total'] ?? {})))
  return told
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

/** Which of the handbook's alerts speak of a part: their groups, and the labels that name it. */
export function concerns(part: string, alert: { readonly name: string; readonly found: readonly Readonly<Record<string, string>>[] }): boolean {
  if (alert.found.some((labels) => Object.entries(labels).some(([label, value]) => label !== '' && value.split('.')[0] === part))) return true
  return (ALERTS[part] ?? []).some((begin) => alert.name.startsWith(begin))
}

const ALERTS: Readonly<Record<string, readonly string[]>> = {
  market: ['TradewindFeed', 'TradewindTicks', 'TradewindLineGap'],
  source: ['TradewindFeed'],
  features: ['TradewindLineSlow'],
  strategies: ['TradewindStrategy'],
  trading: ['TradewindOrder', 'TradewindHoldings', 'TradewindTrading', 'TradewindFills', 'TradewindSettled', 'TradewindJournal'],
  push: ['TradewindBusDropped'],
  api: ['TradewindSignIns', 'TradewindCertificate'],
  control: ['TradewindModules'],
  modules: ['TradewindModules'],
  database: ['TradewindJournal', 'TradewindDisk'],
  recordings: ['TradewindDisk', 'TradewindTicksNotRecorded'],
}
