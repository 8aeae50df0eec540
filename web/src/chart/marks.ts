// What is drawn upon the candles beside prices: signals, the account's own fills and triggers. Pure; each mark says why.

import type { Signal, Side } from '../api/types'
import type { ChartBar } from './bar_series'

export type MarkKind = 'signal' | 'fill' | 'trigger' | 'roll'

export interface Mark {
  readonly kind: MarkKind
  readonly id: string
  readonly ms: number
  readonly side: Side | null
  readonly price: number | null
  /** One line of words: what happened and why. */
  readonly text: string
}

/** The mark with the place of its bar in the list. */
export interface PlacedMark extends Mark {
  readonly index: number
}

const MOST_A_BAR = 4

/** Each mark at the bar it lies in; marks before the first bar are left out, and of a bar's many only the newest. */
export function placeMarks(marks: readonly Mark[], bars: readonly Pick<ChartBar, 'ms'>[], spanMs: number): PlacedMark[] {
  const counts = new Map<string, number>()
  const placed: PlacedMark[] = []
  for (const mark of marks.toSorted((a, b) => b.ms - a.ms)) {
    const index = barAt(bars, mark.ms)
    if (index < 0 || (index === bars.length - 1 && mark.ms - bars[index]!.ms > spanMs)) continue
    const name = `${index} ${mark.kind} ${mark.side}`
    const count = counts.get(name) ?? 0
    counts.set(name, count + 1)
    if (count < MOST_A_BAR) placed.push({ ...mark, index })
  }
  return placed
}

/** The last bar that begins at or before `ms`; −1 where none does. */
export function barAt(bars: readonly { readonly ms: number }[], ms: number): number {
  let low = 0
  let high = bars.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (bars[middle]!.ms <= ms) low = middle + 1
    else high = middle
  }
  return low - 1
}

export function signalMark(signal: Signal, text: string): Mark {
  return { kind: 'signal', id: signal.signal_id, ms: signal.ts_event / 1e6, side: signal.side, price: signal.last_price, text }
}
