// The axis of the day line: one place per minute of trading, breaks left out, from the first night section to the last
// close, whether or not the minutes have come yet. Several days stand side by side. Pure.

import { minute } from '../format/times'
import type { DayHours } from '../market/sessions'

export interface AxisLabel {
  readonly at: number
  readonly text: string
  /** 0 is never left out for another; higher ones fill what is free. */
  readonly rank: number
}

export interface DayAxis {
  readonly places: number
  /** Where the minute that begins at `ms` stands; `null` outside the sections shown. */
  readonly placeOf: (ms: number) => number | null
  readonly labels: readonly AxisLabel[]
  /** Before which places trading paused, and whether another day begins there. */
  readonly breaks: readonly { readonly at: number; readonly isDay: boolean }[]
}

export type Scope = 'all' | 'day'

interface Stretch {
  readonly from: number
  readonly to: number
  readonly begin: number
  readonly day: number
}

const MINUTE_MS = 60_000
const DAY_MINUTES = 1440
const SHANGHAI_MINUTES = 480
/** A night section begins so long before the day's last close that it is another evening's. */
const NIGHT_BEFORE_MS = 12 * 3_600_000
const SHORT_BREAK_MS = 20 * MINUTE_MS

/** The axis of these days; `null` for a market that never closes, whose line grows instead. */
export function dayAxis(days: readonly DayHours[], scope: Scope): DayAxis | null {
  const stretches: Stretch[] = []
  let begin = 0
  for (const { sections, trading_day: day } of days) {
    const close = (sections.at(-1)?.close_ns ?? 0) / 1e6
    for (const section of sections) {
      const from = section.open_ns / 1e6
      const to = section.close_ns / 1e6
      if (scope === 'day' && sections.length > 1 && close - from > NIGHT_BEFORE_MS) continue
      if ((to - from) / MINUTE_MS >= DAY_MINUTES) return null
      stretches.push({ from, to, begin, day })
      begin += Math.round((to - from) / MINUTE_MS)
    }
  }
  if (stretches.length === 0) return null
  const isOneDay = days.length === 1
  return {
    places: begin,
    placeOf: (ms) => placeIn(stretches, ms),
    labels: isOneDay ? timesOf(stretches) : daysOf(stretches),
    breaks: stretches.slice(1).map((stretch, at) => ({ at: stretch.begin, isDay: stretch.day !== stretches[at]!.day })),
  }
}

function placeIn(stretches: readonly Stretch[], ms: number): number | null {
  const stretch = stretches.find(({ from, to }) => ms >= from && ms <= to)
  if (stretch === undefined) return null
  const most = Math.round((stretch.to - stretch.from) / MINUTE_MS) - 1
  // The closing instant belongs to the last minute.
  return stretch.begin + Math.min(most, Math.floor((ms - stretch.from) / MINUTE_MS))
}

function daysOf(stretches: readonly Stretch[]): AxisLabel[] {
  const first = new Map<number, Stretch>()
  for (const stretch of stretches) if (!first.has(stretch.day)) first.set(stretch.day, stretch)
  return [...first.values()].map(({ begin, day }) => ({ at: begin, text: `${String(day).slice(4, 6)}-${String(day).slice(6)}`, rank: 0 }))
}

function timesOf(stretches: readonly Stretch[]): AxisLabel[] {
  const labels: AxisLabel[] = []
  stretches.forEach((stretch, index) => {
    const before = stretches[index - 1]
    const isShort = before !== undefined && stretch.from - before.to < SHORT_BREAK_MS
    if (before === undefined) labels.push({ at: 0, text: minute(stretch.from), rank: 0 })
    else if (!isShort) labels.push({ at: stretch.begin, text: `${minute(before.to)}/${minute(stretch.from)}`, rank: 0 })
    for (let ms = stretch.from + MINUTE_MS; ms < stretch.to; ms += MINUTE_MS) {
      const clock = Math.round(ms / MINUTE_MS) + SHANGHAI_MINUTES
      if (clock % 30 === 0) labels.push({ at: stretch.begin + Math.round((ms - stretch.from) / MINUTE_MS), text: minute(ms), rank: clock % 60 === 0 ? 1 : 2 })
    }
  })
  const last = stretches.at(-1)!
  labels.push({ at: last.begin + Math.round((last.to - last.from) / MINUTE_MS), text: minute(last.to), rank: 0 })
  return labels
}

/** A label with the room it takes: from its left to its right end, in pixels. */
export interface PlacedLabel {
  readonly text: string
  readonly rank: number
  readonly left: number
  readonly right: number
}

const LABEL_GAP_PX = 10

/** A label around `x`, pushed in where it would hang over an edge. */
export function placed(label: { readonly text: string; readonly rank?: number }, x: number, width: number, edge: number): PlacedLabel {
  const left = Math.max(2, Math.min(edge - width, x - width / 2))
  return { text: label.text, rank: label.rank ?? 0, left, right: left + width }
}

/** The labels that fit, none on another nor on what is `taken` already; the important ones first, then from the left. */
export function fittingLabels(labels: readonly PlacedLabel[], taken: readonly Pick<PlacedLabel, 'left' | 'right'>[] = []): PlacedLabel[] {
  const chosen: PlacedLabel[] = []
  const isFree = (label: PlacedLabel, gap: number) => (other: Pick<PlacedLabel, 'left' | 'right'>): boolean => label.left >= other.right + gap || label.right + gap <= other.left
  for (const label of labels.toSorted((a, b) => a.rank - b.rank || a.left - b.left)) {
    if (chosen.every(isFree(label, LABEL_GAP_PX)) && taken.every(isFree(label, 0))) chosen.push(label)
  }
  return chosen.toSorted((a, b) => a.left - b.left)
}

