// The bars of one instrument for one chart: the newest minutes, older ones from the archive as somebody drags towards
// them, and the days. Joined with the bar that is forming. Knows no screen.

import { ApiError, get } from '../api/client'
import { continuousBars, type Roll } from './continuous'
import type { Bar } from '../api/types'
import { session } from '../app/session'
import { aggregate, BarSeries, chartBarOf, type ChartBar, type QuoteForBar } from './bar_series'
import { dayBar, weekly, type DayQuote } from './day_bars'

export type ChartPeriod = 'tick' | 'line' | 'D' | 'W' | `${number}`

interface Page {
  readonly rows: readonly Omit<Bar, 'interval_s'>[]
  readonly next: string | null
}

const HISTORY = 1500
const MOST_OLDER = 8000
const PAGE = 5000
/** How far the archive is looked through for older minutes: ever wider where nothing is found, a year at most. */
const FIRST_SPAN_DAYS = 4
const WIDEST_SPAN_DAYS = 366
const DAY_MS = 86_400_000

export class BarStore {
  readonly series = new BarSeries()
  private older: ChartBar[] = []
  private days: ChartBar[] = []
  private today: ChartBar | null = null
  private isAtEnd = false
  private areDaysAsked = false
  /** Bars that the feed brought while history was on its way. */
  private arrived: Bar[] = []
  private loads = 0
  private turning: Promise<boolean> | null = null

  /** Where the joined series of main contracts went from one to the next; empty for a single contract. */
  rolls: readonly Roll[] = []

  /** `isContinuous` joins the product's main contracts behind this one's own bars. */
  constructor(
    readonly instrumentId: string,
    readonly isContinuous = false,
  ) {}

  /** Minutes on either side of what the server still remembers. */
  minutes(): ChartBar[] {
    return this.older.length === 0 ? this.series.all() : [...this.older, ...this.series.all()]
  }

  /** The bars of a period, oldest first. */
  bars(period: ChartPeriod): ChartBar[] {
    if (period === 'D' || period === 'W') {
      const all = joined(this.days, this.today)
      return period === 'D' ? all : weekly(all)
    }
    return aggregate(this.minutes(), Number(period) || 1)
  }

  applyQuote(quote: QuoteForBar): void {
    this.series.apply(quote)
  }

  applyDay(quote: DayQuote): void {
    this.today = dayBar(quote) ?? this.today
  }

  merge(bars: readonly Bar[]): void {
    if (this.loads > 0) this.arrived.push(...bars)
    this.series.merge(bars)
  }

  /** Reads the newest minutes. Throws what the client throws, but an instrument without a bar yet is no failure. */
  async load(): Promise<void> {
    this.loads += 1
    try {
      const bars = await get<Bar[]>(`/api/v1/bars/${encodeURIComponent(this.instrumentId)}?limit=${HISTORY}`)
      // What the server knows is the truth; the feed may have missed some while it was lost.
      this.series.clear()
      this.series.merge(this.arrived)
      this.series.merge(bars)
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) throw error
    } finally {
      this.loads -= 1
      if (this.loads === 0) this.arrived = []
    }
  }

  /** Looks for older minutes in the archive; true where there may be more still. `before` is the newest day to look at. */
  loadOlder(before: number): Promise<boolean> {
    // Two who ask at once get one answer: the same page twice would stand twice in the chart.
    this.turning ??= this.lookBack(before).finally(() => (this.turning = null))
    return this.turning
  }

  private async lookBack(before: number): Promise<boolean> {
    if (this.isAtEnd || this.older.length > MOST_OLDER) return false
    const first = this.minutes()[0]
    const until = first === undefined ? before : first.ms
    for (let span = FIRST_SPAN_DAYS; span <= WIDEST_SPAN_DAYS; span *= 4) {
      const found = await this.archived('1m', dayNumber(until - span * DAY_MS), dayNumber(until + DAY_MS))
      if (found === null) break
      const begin = this.minutes()[0]?.ms ?? Infinity
      const fresh = found.filter((bar) => bar.ms < begin)
      if (fresh.length === 0) continue
      this.older = [...fresh, ...this.older]
      return true
    }
    this.isAtEnd = true
    return false
  }

  /** Reads the days of the archive, once. */
  async loadDays(): Promise<void> {
    if (this.areDaysAsked) return
    this.areDaysAsked = true
    this.days = (await this.archived('1d', 0, 99_999_999)) ?? []
  }

  /** What the archive holds of a span; `null` where there is no archive. */
  private async archived(interval: '1m' | '1d', fromDay: number, untilDay: number): Promise<ChartBar[] | null> {
    if (!this.isContinuous) return archivedBars(this.instrumentId, interval, fromDay, untilDay)
    const main = await continuousBars(this.instrumentId, interval, fromDay, untilDay)
    if (main === null) return null
    this.rolls = [...main.rolls, ...this.rolls.filter(({ ms }) => main.rolls.every((roll) => roll.ms !== ms))]
    return main.bars
  }
}

/** The archive's bars of some trading days, a second recording of a bar left out; `null` where there is no archive. */
export async function archivedBars(instrumentId: string, interval: '1m' | '1d', fromDay: number, untilDay: number): Promise<ChartBar[] | null> {
  // Where nothing is recorded there is nothing to ask.
  if (session.value?.features?.history !== true) return null
  const byStart = new Map<number, ChartBar>()
  let after: string | null = ''
  try {
    while (after !== null && byStart.size < MOST_OLDER) {
      const query = new URLSearchParams({ instrument_id: instrumentId, interval, from_day: `${fromDay}`, until_day: `${untilDay}`, limit: `${PAGE}`, after })
      const page: Page = await get<Page>(`/api/v1/history/bars?${query}`)
      for (const row of page.rows) {
        const bar = chartBarOf(row)
        const start = interval === '1d' ? row.trading_day : bar.ms
        const known = byStart.get(start)
        // Of two recordings of one bar the fuller one was there for longer.
        if (known === undefined || known.volume < bar.volume) byStart.set(start, interval === '1d' ? { ...bar, ms: midnight(row.trading_day) } : bar)
      }
      after = page.next
    }
  } catch (error) {
    if (error instanceof ApiError) return byStart.size > 0 ? [...byStart.values()] : null
    throw error
  }
  return [...byStart.values()].toSorted((a, b) => a.ms - b.ms)
}

function joined(days: readonly ChartBar[], today: ChartBar | null): ChartBar[] {
  if (today === null) return [...days]
  return [...days.filter((bar) => bar.ms < today.ms), today]
}

/** Midnight in China of a trading day. */
export function midnight(day: number): number {
  return Date.UTC(Math.floor(day / 10_000), (Math.floor(day / 100) % 100) - 1, day % 100) - 8 * 3_600_000
}

/** The date in China of a moment, as 20210104. */
export function dayNumber(ms: number): number {
  const text = new Date(ms + 8 * 3_600_000).toISOString()
  return Number(text.slice(0, 10).replaceAll('-', ''))
}
