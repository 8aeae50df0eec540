// What the day line and the tick line show, as numbers: points, average, range. Pure.

import type { ChartBar } from '../state/bar_series'
import type { TrailPoint } from '../state/trail'

export interface LinePoint {
  readonly ms: number
  readonly price: number
  readonly volume: number
  /** Average price of the day up to here; `null` where it is not known. */
  readonly average: number | null
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
}

const FEWEST_DAY_PLACES = 60
const FEWEST_TICK_PLACES = 120
const PADDING = 0.06

/** The minutes of the newest trading day; the night session comes first because it belongs to the day. */
export function dayLine(bars: readonly ChartBar[], reference: number | null, multiplier: number | null): LineModel {
  const day = bars.at(-1)?.tradingDay ?? 0
  const points: LinePoint[] = []
  let turnover = 0
  let volume = 0
  for (const bar of bars) {
    if (bar.tradingDay !== day) continue
    turnover += bar.turnover
    volume += bar.volume
    const average = multiplier !== null && volume > 0 && turnover > 0 ? turnover / volume / multiplier : null
    points.push({ ms: bar.ms, price: bar.close, volume: bar.volume, average })
  }
  return model(points, reference, reference, FEWEST_DAY_PLACES)
}

export function tickLine(trail: readonly TrailPoint[], base: number | null): LineModel {
  const points = trail.map(({ ms, price, volume }) => ({ ms, price, volume, average: null }))
  return model(points, null, base, FEWEST_TICK_PLACES)
}

function model(points: readonly LinePoint[], reference: number | null, base: number | null, fewest: number): LineModel {
  let low = Infinity
  let high = -Infinity
  let mostVolume = 0
  for (const point of points) {
    low = Math.min(low, point.price, point.average ?? point.price)
    high = Math.max(high, point.price, point.average ?? point.price)
    mostVolume = Math.max(mostVolume, point.volume)
  }
  const range = reference === null ? plainRange(low, high) : centredRange(low, high, reference)
  return { points, reference, base, ...range, mostVolume, places: Math.max(fewest, points.length) }
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
