// The bars of one instrument: history from REST, closed bars from the feed, and the bar that is still forming,
// built from quotes. Pure; the chart reads it.

import type { Bar } from '../api/types'

export interface ChartBar {
  /** Start of the interval, ms. */
  ms: number
  tradingDay: number
  open: number
  high: number
  low: number
  close: number
  volume: number
  turnover: number
}

export interface QuoteForBar {
  readonly ms: number
  readonly tradingDay: number
  readonly price: number
  readonly volume: number
  readonly turnover: number
}

const MINUTE_MS = 60_000
const MOST_BARS = 2000

export class BarSeries {
  private closed: ChartBar[] = []
  private forming: ChartBar | null = null
  private volumeBefore = Number.NaN
  private turnoverBefore = Number.NaN
  private newest: QuoteForBar | null = null

  /** Closed bars and the forming one, oldest first. */
  all(): ChartBar[] {
    return this.forming === null ? this.closed : [...this.closed, this.forming]
  }

  get last(): ChartBar | null {
    return this.forming ?? this.closed.at(-1) ?? null
  }

  /** Takes bars from anywhere in any order; a bar seen again replaces itself. */
  merge(bars: readonly Bar[]): void {
    const byStart = new Map(this.closed.map((bar) => [bar.ms, bar]))
    for (const bar of bars) byStart.set(Math.round(bar.ts_open / 1e6), chartBarOf(bar))
    this.closed = [...byStart.values()].toSorted((a, b) => a.ms - b.ms).slice(-MOST_BARS)
    const last = this.closed.at(-1)
    if (this.forming === null || last === undefined || this.forming.ms > last.ms) return
    this.forming = null
  }

  /** Lets a quote form the current bar. Returns false when it belongs to a bar that is already closed. */
  apply(quote: QuoteForBar): boolean {
    const start = Math.floor(quote.ms / MINUTE_MS) * MINUTE_MS
    const lastClosed = this.closed.at(-1)
    const previous = this.newest
    this.newest = quote
    if (lastClosed !== undefined && start <= lastClosed.ms) return false
    if (this.forming === null || start > this.forming.ms) this.begin(start, quote, previous)
    const bar = this.forming!
    bar.high = Math.max(bar.high, quote.price)
    bar.low = Math.min(bar.low, quote.price)
    bar.close = quote.price
    bar.volume = Math.max(0, quote.volume - this.volumeBefore)
    bar.turnover = Math.max(0, quote.turnover - this.turnoverBefore)
    return true
  }

  clear(): void {
    this.closed = []
    this.forming = null
    this.newest = null
  }

  private begin(start: number, quote: QuoteForBar, previous: QuoteForBar | null): void {
    // Its own closed bar has not arrived yet: keep what was formed, the closed one replaces it when it comes.
    if (this.forming !== null) this.closed.push(this.forming)
    const isSameDay = previous !== null && previous.tradingDay === quote.tradingDay && previous.volume <= quote.volume
    this.volumeBefore = isSameDay ? previous.volume : quote.volume
    this.turnoverBefore = isSameDay ? previous.turnover : quote.turnover
    const { price, tradingDay } = quote
    this.forming = { ms: start, tradingDay, open: price, high: price, low: price, close: price, volume: 0, turnover: 0 }
  }
}

export function chartBarOf(bar: Omit<Bar, 'interval_s'>): ChartBar {
  return {
    ms: Math.round(bar.ts_open / 1e6),
    tradingDay: bar.trading_day,
    open: bar.open,
    high: bar.high,
    low: bar.low,
    close: bar.close,
    volume: bar.volume,
    turnover: bar.turnover,
  }
}

/** Joins one-minute bars into longer ones; a bar never reaches over the end of a trading day. */
export function aggregate(bars: readonly ChartBar[], minutes: number): ChartBar[] {
  if (minutes <= 1) return [...bars]
  const span = minutes * MINUTE_MS
  const joined: ChartBar[] = []
  for (const bar of bars) {
    const ms = Math.floor(bar.ms / span) * span
    const last = joined.at(-1)
    if (last === undefined || last.ms !== ms || last.tradingDay !== bar.tradingDay) {
      joined.push({ ...bar, ms })
      continue
    }
    last.high = Math.max(last.high, bar.high)
    last.low = Math.min(last.low, bar.low)
    last.close = bar.close
    last.volume += bar.volume
    last.turnover += bar.turnover
  }
  return joined
}
