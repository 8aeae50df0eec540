// Bars of days and weeks: the day that is forming from its quote, weeks from days. Pure.

import type { ChartBar } from './bar_series'

export interface DayQuote {
  readonly tradingDay: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly last: number
  readonly volume: number
  readonly turnover: number
  /** Midnight of the trading day, ms. */
  readonly ms: number
}

const DAY_MS = 86_400_000
const CHINA_MS = 8 * 3_600_000
/** 1970-01-01 was a Thursday. */
const THURSDAY = 3

/** The bar of the day that a quote's totals tell; `null` before the day's first price. */
export function dayBar(quote: DayQuote): ChartBar | null {
  const { open, high, low, last, volume, turnover, tradingDay, ms } = quote
  if (!Number.isFinite(last) || tradingDay <= 0) return null
  const from = Number.isFinite(open) ? open : last
  return {
    ms,
    tradingDay,
    open: from,
    high: Math.max(last, from, Number.isFinite(high) ? high : last),
    low: Math.min(last, from, Number.isFinite(low) ? low : last),
    close: last,
    volume,
    turnover,
  }
}

/** Joins days into weeks, which begin on Monday. */
export function weekly(days: readonly ChartBar[]): ChartBar[] {
  const weeks: ChartBar[] = []
  for (const day of days) {
    const monday = mondayOf(day.ms)
    const last = weeks.at(-1)
    if (last === undefined || last.ms !== monday) {
      weeks.push({ ...day, ms: monday })
      continue
    }
    last.high = Math.max(last.high, day.high)
    last.low = Math.min(last.low, day.low)
    last.close = day.close
    last.tradingDay = day.tradingDay
    last.volume += day.volume
    last.turnover += day.turnover
  }
  return weeks
}

function mondayOf(ms: number): number {
  const number = Math.floor((ms + CHINA_MS) / DAY_MS)
  return (number - ((number + THURSDAY) % 7)) * DAY_MS - CHINA_MS
}
