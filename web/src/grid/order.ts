// The order of the rows. Sorting by a moving column must not make rows jump about: ties keep their order, absent
// values stay at the end in both directions, and who calls decides how often to sort.

import type { QuoteTable } from '../state/quote_table'

export interface Sorting {
  readonly key: string
  readonly direction: 1 | -1
}

type SortKey = (table: QuoteTable, row: number) => number | string

/** Sorts `rows`; rows that compare equal keep the order they have in `rows`. */
export function sortRows(table: QuoteTable, rows: readonly number[], keyOf: SortKey, direction: 1 | -1): number[] {
  const keys = new Map(rows.map((row) => [row, keyOf(table, row)]))
  return rows.toSorted((left, right) => compare(keys.get(left)!, keys.get(right)!, direction))
}

function compare(left: number | string, right: number | string, direction: 1 | -1): number {
  const isLeftAbsent = isAbsent(left)
  const isRightAbsent = isAbsent(right)
  if (isLeftAbsent || isRightAbsent) return Number(isLeftAbsent) - Number(isRightAbsent)
  if (typeof left === 'string' || typeof right === 'string') {
    return direction * String(left).localeCompare(String(right), 'zh-CN', { numeric: true })
  }
  return direction * Math.sign(left - right)
}

function isAbsent(value: number | string): boolean {
  return typeof value === 'number' ? Number.isNaN(value) : value === ''
}

/** The next click on a header: falling first for numbers, rising first for text, then the other way, then none. */
export function nextSorting(current: Sorting | null, key: string, isText: boolean): Sorting | null {
  const first = isText ? 1 : -1
  if (current === null || current.key !== key) return { key, direction: first }
  return current.direction === first ? { key, direction: first === 1 ? -1 : 1 } : null
}
