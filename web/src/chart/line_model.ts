// What the day line and the tick line show, as numbers: points, average, range. Pure.

import type { ChartBar } from './bar_series'
import type { TrailPoint } from './trail'
import type { DayAxis } from './day_axis'

export interface LinePoint {
  readonly ms: number
  readonly price: number
  readonly volume: number
  /** Average price of the day up to here; `null` where it is not known. */
  readonly average: number | null
  /** Where it stands on an axis of fixed places; its index where there is none. */
  readonly at?: number
}

export interface LineModel {
  readonly points: readonly LinePoint[]
  /** The centre of a day line; `null` lets the range follow the points alone. */
  readonly reference: number | null
  /** What rise and fall are told from, whether or not it lies in the range; `null` where nobody knows it. */
  readonly base: number | null
  readonly low: number
  readonly high: number
  readonly mostVolume: number
  /** Places on the time axis, at least as many as there are points. */
  readonly places: number
  /** What stands under an axis of fixed places; `null` where the axis grows with its points. */
  readonly axis: Pick<DayAxis, 'labels' | 'breaks'> | null
}

export interface DayLineFacts {
  readonly reference: number | null
  readonly multiplier: number | null
  readonly axis: DayAxis | null
  /** Trading days shown, the newest of them; 1 where nothing is said. */
  readonly days?: number
}

const FEWEST_DAY_PLACES = 60
const FEWEST_TICK_PLACES = 120
const PADDING = 0.06

/** The minutes of the newest trading days; a night session comes first because it belongs to the day. */
export function dayLine(bars: readonly ChartBar[], facts: DayLineFacts): LineModel {
  const { reference, multiplier, axis } = facts
  const shown = new Set([...new Set(bars.map((bar) => bar.tradingDay))].slice(-(facts.days ?? 1)))
  const points: LinePoint[] = []
  let day = 0
  let turnover = 0
  let volume = 0
  for (const bar of bars) {
    if (!shown.has(bar.tradingDay)) continue
    // The average is the day's own, its night included where only the day session is shown.
    if (bar.tradingDay !== day) turnover = volume = 0
    day = bar.tradingDay
    turnover += bar.turnover
    volume += bar.volume
    const at = axis === null ? points.length : axis.placeOf(bar.ms)
    if (at === null) continue
    const average = multiplier !== null && volume > 0 && turnover > 0 ? turnover / volume / multiplier : null
    points.push({ ms: bar.ms, price: bar.close, volume: bar.volume, average, at })
  }
  return model(points, reference, reference, FEWEST_DAY_PLACES, axis)
}

export function tickLine(trail: readonly TrailPoint[], base: number | null): LineModel {
  const points = trail.map(({ ms, price, volume }) => ({ ms, price, volume, average: null }))
  return model(points, null, base, FEWEST_TICK_PLACES)
}

function model(points: readonly LinePoint[], reference: number | null, base: number | null, fewest: number, axis: DayAxis | null = null): LineModel {
  let low = Infinity
  let high = -Infinity
  let mostVolume = 0
  for (const point of points) {
    low = Math.min(low, point.price, point.average ?? point.price)
    high = Math.max(high, point.price, point.average ?? point.price)
    mostVolume = Math.max(mostVolume, point.volume)
  }
  const range = reference === null ? plainRange(low, high) : centredRange(low, high, reference)
  return { points, reference, base, ...range, mostVolume, places: axis?.places ?? Math.max(fewest, points.length), axis }
}

function plainRange(low: number, high: number): { low: number; high: number } {
  const room = (high - low || Math.abs(high) * 0.001) * PADDING
  return { low: low - room, high: high + room }
}

/** The reference stands in the middle, so that above and below read as gain and loss. */
function centredRange(low: number, high: number, reference: number): { low: number; high: number } {
  const reach = Math.max(high - reference, reference - low, reference * 0.0005) * (1 + PADDING)
  return { low: reference - reach, high: reference + reach }
}

/** Where the places of round values lie between low and high: 1, 2, 2.5 or 5 of a power of ten. */
export function ticksBetween(low: number, high: number, most: number): number[] {
  const rough = (high - low) / Math.max(1, most)
  if (!(rough > 0) || !Number.isFinite(rough)) return []
  const power = 10 ** Math.floor(Math.log10(rough))
  // 2.5 of a small power would need a decimal more than the contract's prices have.
  const factors = power >= 10 ? [1, 2, 2.5, 5, 10] : [1, 2, 5, 10]
  const step = factors.map((factor) => factor * power).find((candidate) => candidate >= rough)!
  const first = Math.ceil(low / step)
  const last = Math.floor(high / step)
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => (first + index) * step)
}

const MINUTE_MS = 60_000
const SHANGHAI_MINUTES = 480
const LABEL_MINUTES = [5, 10, 15, 30, 60, 120, 240] as const
/** A longer silence is a break of the session, and is marked as one. */
const BREAK_MINUTES = 5

/** Which points of a day line carry a time: those at round minutes, at least `fewest` places apart. */
export function timeLabels(points: readonly LinePoint[], fewest: number): number[] {
  const step = LABEL_MINUTES.find((minutes) => minutes >= fewest) ?? LABEL_MINUTES.at(-1)!
  const found: number[] = []
  points.forEach((point, index) => {
    const minute = Math.round(point.ms / MINUTE_MS) + SHANGHAI_MINUTES
    // After a break the next round minute may stand closer than the labels are wide.
    if (minute % step === 0 && index - (found.at(-1) ?? -Infinity) >= fewest) found.push(index)
  })
  return found
}

/** The points before which the session paused. */
export function breaks(points: readonly LinePoint[]): number[] {
  return points.flatMap((point, index) => {
    const before = points[index - 1]
    return before !== undefined && point.ms - before.ms > BREAK_MINUTES * MINUTE_MS ? [index] : []
  })
}
