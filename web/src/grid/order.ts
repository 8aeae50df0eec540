// The order of the rows. Sorting by a moving column must not make rows jump about: ties keep their order, absent
// values stay at the end in both directions, and who calls decides how often to sort.

import type { QuoteTable } from '../state/quote_table'

export interface Sorting {
  readonly key: string
  readonly direction: 1 | -1
}

export type SortKey = (table: QuoteTable, row: number) => number | string

const MOST_KEYS = 3

/** Sorts `rows`; rows that compare equal keep the order they have in `rows`. */
export function sortRows(table: QuoteTable, rows: readonly number[], keyOf: SortKey, direction: 1 | -1): number[] {
  return rows.toSorted(compareBy(table, [{ key: '', direction }], () => keyOf)!)
}

/** Compares rows by one key after the other; `null` where there is none. Keys are read once a row. */
export function compareBy(
  table: QuoteTable,
  sortings: readonly Sorting[],
  keyOf: (key: string) => SortKey | undefined,
): ((left: number, right: number) => number) | null {
  const levels = sortings.flatMap(({ key, direction }) => {
    const read = keyOf(key)
    return read === undefined ? [] : [{ direction, read, known: new Map<number, number | string>() }]
  })
  if (levels.length === 0) return null
  return (left, right) => {
    for (const { direction, read, known } of levels) {
      const difference = compare(valueOf(left, read, known), valueOf(right, read, known), direction)
      if (difference !== 0) return difference
    }
    return 0
  }

  function valueOf(row: number, read: SortKey, known: Map<number, number | string>): number | string {
    let value = known.get(row)
    if (value === undefined) {
      value = read(table, row)
      known.set(row, value)
    }
    return value
  }
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

/** Sorting after a click: by this column alone, or, with `isAlso`, by it after the ones there are (three at most). */
export function nextSortings(current: readonly Sorting[], key: string, isText: boolean, isAlso: boolean): readonly Sorting[] {
  const known = current.find((sorting) => sorting.key === key) ?? null
  if (!isAlso) {
    const next = nextSorting(current.length === 1 ? known : null, key, isText)
    return next === null ? [] : [next]
  }
  const next = nextSorting(known, key, isText)
  if (known !== null) return current.flatMap((sorting) => (sorting === known ? (next === null ? [] : [next]) : [sorting]))
  return [...current.slice(0, MOST_KEYS - 1), next!]
}
