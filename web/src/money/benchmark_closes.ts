// Where a benchmark's closes come from: days of the archive, and behind them the newest minutes that the server still
// remembers, whose last one is a day's close as far as it has come.

import { ApiError, get } from '../api/client'
import type { Bar } from '../api/types'
import { session } from '../app/session'
import { archivedBars } from '../chart/bar_store'
import { spansOf, type MainDay } from '../chart/continuous'
import { joinedCloses, type Benchmark, type Joined } from './benchmark'

const RECENT = 1500
/** How far before its time as main contract one is looked at: over the longest holidays. */
const DAYS_BEFORE = 20

/** The closes of a span. Throws what the client throws; an instrument nothing is known of has none. */
export async function loadCloses(benchmark: Benchmark, fromDay: number, untilDay: number): Promise<Joined> {
  if (benchmark.kind === 'one') return { closes: await closesOf(benchmark.id, fromDay, untilDay, true), rolls: 0, bridged: 0 }
  if (session.value?.features?.history !== true) return { closes: new Map(), rolls: 0, bridged: 0 }
  const [product = '', exchange = ''] = benchmark.id.split('.')
  const query = new URLSearchParams({ product_id: product, exchange, from_day: `${fromDay}`, until_day: `${untilDay}` })
  const spans = spansOf(await get<readonly MainDay[]>(`/api/v1/history/main-contracts?${query}`))
  const parts = await Promise.all(spans.map((span, at) => closesOf(
    span.instrumentId,
    at === 0 ? span.fromDay : daysBefore(span.fromDay),
    at === spans.length - 1 ? untilDay : span.untilDay,
    at === spans.length - 1,
  )))
  return joinedCloses(parts)
}

async function closesOf(instrumentId: string, fromDay: number, untilDay: number, isNewest: boolean): Promise<Map<number, string>> {
  const closes = new Map<number, string>()
  const recent = isNewest ? await recentBars(instrumentId) : []
  for (const bar of recent) if (bar.trading_day >= fromDay && bar.trading_day <= untilDay) closes.set(bar.trading_day, String(bar.close))
  // A whole day of the archive knows its close better than the minutes that are left of it.
  for (const bar of await archivedBars(instrumentId, '1d', fromDay, untilDay) ?? []) closes.set(bar.tradingDay, String(bar.close))
  return closes
}

async function recentBars(instrumentId: string): Promise<readonly Bar[]> {
  try {
    return await get<Bar[]>(`/api/v1/bars/${encodeURIComponent(instrumentId)}?limit=${RECENT}`)
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return []
    throw error
  }
}

function daysBefore(day: number): number {
  const date = new Date(Date.UTC(Math.floor(day / 10_000), (Math.floor(day / 100) % 100) - 1, (day % 100) - DAYS_BEFORE))
  return Number(date.toISOString().slice(0, 10).replaceAll('-', ''))
}
