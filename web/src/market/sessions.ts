// When an instrument trades: asked of the server once per kind of hours and day, and read by axes of time and badges.

import { get } from '../api/client'
import type { Ns } from '../api/types'
import { instruments } from '../state/market'

export interface Section {
  readonly open_ns: Ns
  readonly close_ns: Ns
}

/** One trading day: its sections in order, night session first. */
export interface DayHours {
  readonly trading_day: number
  readonly auction_ns: Ns
  readonly sections: readonly Section[]
}

export type Phase = 'trading' | 'auction' | 'break' | 'closed'

const HOUR_MS = 3_600_000
const REFUSED_MS = 10_000
/** Answers kept; a replay of a year must not keep them all. */
const MOST_KEPT = 60
const kept = new Map<string, Promise<readonly DayHours[]>>()

/** The newest `days` trading days of an instrument up to the one of `ms`, oldest first. */
export function hoursOf(instrumentId: string, ms: number, days = 1): Promise<readonly DayHours[]> {
  const kind = instruments.value.get(instrumentId)?.hours_id ?? instrumentId
  // Within an hour the day may change once, at an auction: an old answer is renewed soon after.
  const name = `${kind} ${Math.floor(ms / HOUR_MS)} ${days}`
  const known = kept.get(name)
  if (known !== undefined) return known
  // Nanoseconds are beyond what a number holds exactly: the zeros are written behind it.
  const query = new URLSearchParams({ instrument_id: instrumentId, at_ns: `${Math.round(ms)}000000`, days: String(days) })
  const asked = get<readonly DayHours[]>(`/api/v1/calendar/sessions?${query}`)
  // What was refused is not asked again with every quote.
  asked.catch(() => window.setTimeout(() => kept.delete(name), REFUSED_MS))
  kept.set(name, asked)
  if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value!)
  return asked
}

/** Where a moment lies in a trading day. */
export function phaseAt(day: DayHours, ms: number): Phase {
  const first = day.sections[0]
  const last = day.sections.at(-1)
  if (first === undefined || last === undefined || ms < day.auction_ns / 1e6 || ms > last.close_ns / 1e6) return 'closed'
  if (ms < first.open_ns / 1e6) return 'auction'
  return day.sections.some((section) => ms >= section.open_ns / 1e6 && ms <= section.close_ns / 1e6) ? 'trading' : 'break'
}

/** How long the market has been open within a day up to `ms`, counted from `since`: what silence is measured with. */
export function tradedMs(day: DayHours, since: number, ms: number): number {
  let open = 0
  for (const { open_ns, close_ns } of day.sections) open += Math.max(0, Math.min(ms, close_ns / 1e6) - Math.max(since, open_ns / 1e6))
  return open
}
