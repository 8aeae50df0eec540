// The joined series of a product's main contracts (主连): which contract was the main one on each day is the server's
// to say; prices are left as they were traded, and where one contract follows another is marked.

import { ApiError, get } from '../api/client'
import { session } from '../app/session'
import { instruments } from '../state/market'
import type { ChartBar } from './bar_series'
import { archivedBars } from './bar_store'

export interface MainDay {
  readonly trading_day: number
  readonly instrument_id: string
}

/** From this moment on the series is another contract's. */
export interface Roll {
  readonly ms: number
  readonly from: string
  readonly to: string
}

export interface Span {
  readonly instrumentId: string
  readonly fromDay: number
  readonly untilDay: number
}

/** Days in a row with the same main contract. */
export function spansOf(days: readonly MainDay[]): Span[] {
  const spans: Span[] = []
  for (const { trading_day: day, instrument_id: instrumentId } of days) {
    const last = spans.at(-1)
    if (last?.instrumentId === instrumentId) spans[spans.length - 1] = { ...last, untilDay: day }
    else spans.push({ instrumentId, fromDay: day, untilDay: day })
  }
  return spans
}

export async function continuousBars(
  instrumentId: string,
  interval: '1m' | '1d',
  fromDay: number,
  untilDay: number,
): Promise<{ bars: ChartBar[]; rolls: Roll[] } | null> {
  const facts = instruments.value.get(instrumentId)
  if (facts === undefined) return archivedBars(instrumentId, interval, fromDay, untilDay).then((bars) => bars && { bars, rolls: [] })
  if (session.value?.features?.history !== true) return null
  const query = new URLSearchParams({ product_id: facts.product_id, exchange: facts.exchange, from_day: `${fromDay}`, until_day: `${untilDay}` })
  let days: readonly MainDay[]
  try {
    days = await get<readonly MainDay[]>(`/api/v1/history/main-contracts?${query}`)
  } catch (error) {
    if (error instanceof ApiError) return null
    throw error
  }
  const bars: ChartBar[] = []
  const rolls: Roll[] = []
  let before = ''
  for (const span of spansOf(days)) {
    const part = (await archivedBars(span.instrumentId, interval, span.fromDay, span.untilDay)) ?? []
    if (part.length === 0) continue
    if (before !== '') rolls.push({ ms: part[0]!.ms, from: before, to: span.instrumentId })
    before = span.instrumentId
    bars.push(...part)
  }
  return { bars, rolls }
}
