// Everything the pages show of the market: loaded once over REST, kept fresh by the feed.

import { computed, ref, shallowRef } from 'vue'
import { get } from '../api/client'
import { may } from '../app/rights'
import type { FeatureSnapshot, Instrument, Opportunity, RiskAlert, Signal, Tick } from '../api/types'
import type { Wish } from '@tradewind/client'
import { listen, onNote, wish } from '../transport/feed'
import { Cadence } from './cadence'
import { EventList } from './event_list'
import { record } from './journal'
import { QuoteTable } from './quote_table'

/** Events of each kind the page keeps. */
export const MOST_EVENTS = 200
const SLOW_MS = 1000

export const quotes = new QuoteTable()
export const instruments = shallowRef<ReadonlyMap<string, Instrument>>(new Map())
export const selectedId = ref('')
export const features = shallowRef<FeatureSnapshot | null>(null)
/** Grows by one whenever a row is added to the table. */
export const rowCount = ref(0)

export const opportunities = new EventList<Opportunity>({
  most: MOST_EVENTS,
  idOf: (opportunity) => opportunity.opportunity_id,
  timeOf: (opportunity) => opportunity.updated_at,
  isNewer: (next, known) => next.version >= known.version,
  // A snapshot holds the open ones; how the others ended is still worth reading.
  isOver: (opportunity) => opportunity.state === 'CLOSED',
})
export const alerts = new EventList<RiskAlert>({
  most: MOST_EVENTS,
  idOf: (alert) => alert.alert_id,
  timeOf: (alert) => alert.ts_event,
})
export const signals = new EventList<Signal>({
  most: MOST_EVENTS,
  idOf: (signal) => signal.signal_id,
  timeOf: (signal) => signal.ts_event,
})
export const systemPush = shallowRef<Readonly<Record<string, unknown>> | null>(null)

export const selectedInstrument = computed(() => instruments.value.get(selectedId.value) ?? null)

export type Loading = 'idle' | 'loading' | 'ready' | 'failed'
export const loading = ref<Loading>('idle')

/** The life of the server whose market this is; another one begins when it was started again. */
export const epoch = ref('')

/** The newest moment the line has shown: the market's own clock, which a replay sets to its day. Not reactive. */
export const line = { ms: 0 }

const FALLBACK_DIGITS = 2

export function digitsOf(instrumentId: string): number {
  return instruments.value.get(instrumentId)?.price_digits ?? FALLBACK_DIGITS
}

export function nameOf(instrumentId: string): string {
  return instruments.value.get(instrumentId)?.name ?? ''
}

/** What a price is in, empty for yuan: that goes without saying here. */
export function currencyOf(instrumentId: string): string {
  return instruments.value.get(instrumentId)?.currency?.replace('CNY', '') ?? ''
}

export function symbolOf(instrumentId: string): string {
  const instrument = instruments.value.get(instrumentId)
  return instrument?.symbol ?? instrumentId.split('.')[0] ?? instrumentId
}

/** Reads the whole state over REST. Throws what the client throws; `loading` tells the screens. */
export async function load(): Promise<void> {
  loading.value = 'loading'
  try {
    const [known, ticks, seen] = await Promise.all([
      get<Instrument[]>('/api/v1/instruments'),
      get<Tick[]>('/api/v1/quotes'),
      get<Opportunity[]>('/api/v1/opportunities'),
    ])
    opportunities.keep(seen)
    instruments.value = new Map(known.map((instrument) => [instrument.instrument_id, instrument]))
    takeTicks(ticks)
    loading.value = 'ready'
  } catch (error) {
    loading.value = 'failed'
    throw error
  }
}

let isListening = false

/** Connects the stores to the feed; once a page. */
export function follow(): void {
  if (isListening) return
  isListening = true
  onNote((note) => {
    record(note)
    if (note.code === 'connected') live(String(note.params['epoch']))
    // To another instance of the same installation: what it shows is what we show, until it says otherwise.
    if (note.code === 'moved') epoch.value = String(note.params['epoch'])
  })
  listen('quotes', (update) => takeTicks(update.rows as unknown as Tick[]))
  listen('features', (update) => {
    const mine = (update.rows as unknown as FeatureSnapshot[]).findLast((f) => f.instrument_id === selectedId.value)
    if (mine !== undefined) features.value = mine
  })
  feedList('opportunities', opportunities)
  feedList('risk_alerts', alerts)
  feedList('signals', signals)
  listen('system', (update) => {
    systemPush.value = (update.rows.at(-1) as Readonly<Record<string, unknown>>) ?? null
  })
  if (may('system')) wish({ topic: 'system', mode: 'latest', interval_ms: SLOW_MS })
  if (!may('market')) return
  for (const topic of ['opportunities', 'risk_alerts', 'signals'] as const) wish({ topic, mode: 'every' })
  followSlowly()
}

/** Prices of a server that is gone are no prices: after its restart the rows are empty until it quotes again. */
function live(now: string): void {
  if (epoch.value !== '' && epoch.value !== now) {
    opportunities.clear()
    quotes.clear()
    features.value = null
    line.ms = 0
  }
  epoch.value = now
}

let leaving: ReturnType<typeof setTimeout> | undefined

/** Asks for quotes in the place of those that were asked for before. */
export function wishQuotes(wanted: Wish): void {
  clearTimeout(leaving)
  wish(wanted)
}

/** Away from the grid a quote a second keeps the market's clock and the prices of other pages going. */
export function followSlowly(): void {
  wishQuotes({ topic: 'quotes', mode: 'latest', interval_ms: SLOW_MS })
}

/** The same once somebody has gone from the grid for good: all quotes at once are not what the next page waits for. */
export function followSlowlySoon(): void {
  clearTimeout(leaving)
  leaving = setTimeout(followSlowly, SLOW_MS)
}

/** Lists that move faster than this nobody reads. */
const LIST_HZ = 2

function feedList<T>(topic: 'opportunities' | 'risk_alerts' | 'signals', list: EventList<T>): void {
  let arrived: T[] = []
  const cadence = new Cadence(LIST_HZ, take)

  function take(): void {
    const events = arrived
    arrived = []
    list.add(events)
  }

  listen(topic, (update) => {
    const events = update.rows as unknown as T[]
    if (update.isWhole) {
      take()
      list.replace(events)
      return
    }
    arrived.push(...events)
    // No frames come to a page that nobody sees.
    if (document.hidden) take()
    else cadence.request()
  })
}

function takeTicks(ticks: readonly Tick[]): void {
  quotes.apply(ticks)
  let newest = line.ms
  let isBack = false
  for (const tick of ticks) {
    const ms = tick.ts_event / 1e6
    // A replay that starts over goes back by more than any disorder between instruments.
    if (ms < newest - 3_600_000) isBack = true
    newest = isBack ? ms : Math.max(newest, ms)
  }
  line.ms = newest
  if (quotes.size !== rowCount.value) rowCount.value = quotes.size
  if (selectedId.value === '' && ticks.length > 0) selectedId.value = ticks[0]!.instrument_id
}

export function select(instrumentId: string): void {
  if (instrumentId === selectedId.value) return
  selectedId.value = instrumentId
  features.value = null
}
