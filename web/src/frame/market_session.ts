// Where the market stands in its trading day: by the sections the server lays out for the contract that is looked at,
// and by the market's own clock, which a replay sets to its day.

import { computed, shallowRef, watch } from 'vue'
import { now } from '../app/now'
import { may } from '../app/rights'
import { sessionState } from '../app/session'
import { hoursOf, type DayHours } from '../market/sessions'
import { line, selectedId, instruments } from '../state/market'

export type Phase = 'day' | 'night' | 'whole' | 'auction' | 'break' | 'closed'

export interface MarketSession {
  readonly phase: Phase
  readonly tradingDay: number
  /** When that changes, ms. */
  readonly until: number
}

const HOUR_MS = 3_600_000
const SHANGHAI_MS = 8 * HOUR_MS
const EVENING = 18
const MORNING = 6
const AGAIN_MS = 60_000

/** What a moment is in a trading day; `null` once the day is over and the next has to be asked for. */
export function sessionAt(hours: DayHours, ms: number): MarketSession | null {
  const { trading_day: tradingDay, sections } = hours
  const last = sections.at(-1)
  if (last === undefined || ms > last.close_ns / 1e6) return null
  const auction = hours.auction_ns / 1e6
  if (ms < auction) return { phase: 'closed', tradingDay, until: auction }
  const coming = sections.find(({ close_ns: close }) => ms <= close / 1e6)!
  const opens = coming.open_ns / 1e6
  const closes = coming.close_ns / 1e6
  if (ms < opens) return { phase: coming === sections[0] ? 'auction' : 'break', tradingDay, until: opens }
  const hour = new Date(opens + SHANGHAI_MS).getUTCHours()
  const isWhole = closes - opens >= 23 * HOUR_MS
  return { phase: isWhole ? 'whole' : hour >= EVENING || hour < MORNING ? 'night' : 'day', tradingDay, until: closes }
}

const hours = shallowRef<DayHours | null>(null)
let askedAt = 0

async function ask(): Promise<void> {
  const id = selectedId.value
  if (id === '' || sessionState.value !== 'signed-in' || !may('market') || !instruments.value.has(id)) return
  askedAt = Date.now()
  const told = await hoursOf(id, line.ms > 0 ? line.ms : Date.now()).catch(() => [])
  if (id === selectedId.value) hours.value = told.at(-1) ?? null
}

/** `null` while nothing is known. */
export const marketSession = computed<MarketSession | null>(() => {
  const told = hours.value
  // Read once a second of the wall; between quotes the market's clock stands still.
  const ms = Math.max(line.ms, line.ms > 0 && now.value - line.ms > HOUR_MS ? 0 : now.value)
  return told === null ? null : sessionAt(told, ms > 0 ? ms : now.value)
})

export function followSession(): () => void {
  return watch([selectedId, instruments, () => marketSession.value === null && now.value - askedAt > AGAIN_MS], () => void ask(), { immediate: true })
}
