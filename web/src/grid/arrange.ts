// Which rows the grid shows and in which order: chosen by tab and filter, put into groups, sorted by several keys. Pure.

import type { Instrument } from '../api/types'
import type { QuoteTable } from '../state/quote_table'
import { compareBy, type Sorting, type SortKey } from './order'

export const GROUPINGS = ['none', 'product', 'exchange', 'kind'] as const
export type Grouping = (typeof GROUPINGS)[number]
export const KINDS = ['future', 'option', 'share', 'hk', 'us', 'fx'] as const
export type Kind = (typeof KINDS)[number]

export interface Group {
  readonly name: string
  readonly count: number
  readonly isFolded: boolean
}

export interface Arranged {
  /** Rows of the table; the head of group `g` stands as −1 − g. */
  readonly order: readonly number[]
  readonly groups: readonly Group[]
}

export interface Arranging {
  /** The rows that may be shown, in the order they stand in now. */
  readonly rows: readonly number[]
  readonly sortings: readonly Sorting[]
  readonly keyOf: (key: string) => SortKey | undefined
  readonly groupOf: ((row: number) => string) | null
  readonly folded: ReadonlySet<string>
  readonly isWanted: (row: number) => boolean
}

const KIND_OF: Readonly<Record<string, Kind>> = { SSE: 'share', SZSE: 'share', HK: 'hk', US: 'us', FX: 'fx' }

export function kindOf(exchange: string, isOption = false): Kind {
  return isOption ? 'option' : (KIND_OF[exchange] ?? 'future')
}

export function arrange(table: QuoteTable, wanted: Arranging): Arranged {
  const compare = compareBy(table, wanted.sortings, wanted.keyOf)
  const rows = wanted.rows.filter(wanted.isWanted)
  const { groupOf, folded } = wanted
  if (groupOf === null) return { order: compare === null ? rows : rows.toSorted(compare), groups: [] }
  const byGroup = new Map<string, number[]>()
  for (const row of rows) {
    const name = groupOf(row)
    const members = byGroup.get(name)
    if (members === undefined) byGroup.set(name, [row])
    else members.push(row)
  }
  const order: number[] = []
  const groups: Group[] = []
  // Groups stand by their name, whatever moves within them.
  for (const name of [...byGroup.keys()].toSorted((a, b) => a.localeCompare(b, 'zh-CN', { numeric: true }))) {
    const members = byGroup.get(name)!
    order.push(-1 - groups.length)
    groups.push({ name, count: members.length, isFolded: folded.has(name) })
    if (!folded.has(name)) order.push(...(compare === null ? members : members.toSorted(compare)))
  }
  return { order, groups }
}

/** Newcomers at the end and the gone taken out, all others where they are: what may be done to a list somebody points at. */
export function keepPlaces(order: readonly number[], rows: readonly number[]): number[] {
  const known = new Set(order)
  const there = new Set(rows)
  return [...order.filter((row) => row < 0 || there.has(row)), ...rows.filter((row) => !known.has(row))]
}

/** The contract with the most open interest of each product; what does not expire is its own main contract. */
export function mainRows(table: QuoteTable, instruments: ReadonlyMap<string, Instrument>): Set<number> {
  const best = new Map<string, number>()
  table.ids.forEach((id, row) => {
    const facts = instruments.get(id)
    const name = facts === undefined || kindOf(facts.exchange) !== 'future' ? id : `${facts.product_id}.${facts.exchange}`
    const before = best.get(name)
    if (before === undefined || interest(table, row) > interest(table, before)) best.set(name, row)
  })
  return new Set(best.values())
}

function interest(table: QuoteTable, row: number): number {
  const value = table.at(row, 'open_interest')
  return Number.isNaN(value) ? -1 : value
}

/** Every word of the filter is in the code, the name or the exchange. */
export function matches(text: string, id: string, name: string): boolean {
  const words = text.toLowerCase().split(/\s+/)
  const known = `${id} ${name}`.toLowerCase()
  return words.every((word) => known.includes(word))
}
