// Which quotes to ask for: what can be seen, a margin for scrolling, and what is selected.

import type { Wish } from '@tradewind/client'

export interface View {
  /** Ids in the order of the grid. */
  readonly ids: readonly string[]
  readonly first: number
  readonly last: number
  readonly selectedId: string
  /** Sorting by a moving column needs the rows that are out of sight as well. */
  readonly isLiveSorted: boolean
}

const FEW_ROWS = 64
const MARGIN_ROWS = 10
const FAST_MS = 50
const SLOW_MS = 500

export function quoteWish(view: View): Wish {
  // Few rows are cheaper than a new subscription at every turn of the wheel, and new instruments come by themselves.
  if (view.ids.length <= FEW_ROWS) return { topic: 'quotes', mode: 'latest', interval_ms: FAST_MS }
  if (view.isLiveSorted) return { topic: 'quotes', mode: 'latest', interval_ms: SLOW_MS }
  const visible = view.ids.slice(Math.max(0, view.first - MARGIN_ROWS), view.last + MARGIN_ROWS)
  const instruments = new Set(visible.filter((id) => id !== ''))
  if (view.selectedId !== '') instruments.add(view.selectedId)
  return { topic: 'quotes', mode: 'latest', interval_ms: FAST_MS, instruments: [...instruments].toSorted() }
}

export function isSameWish(left: Wish | null, right: Wish): boolean {
  if (left === null || left.interval_ms !== right.interval_ms) return false
  const a = left.instruments
  const b = right.instruments
  if (a === undefined || b === undefined) return a === b
  return a.length === b.length && a.every((id, index) => id === b[index])
}
