// Sums over the cells of a group: what somebody may see of it is all there is for them. A sum with an unknown part is
// unknown: a part would be taken for the whole.

import { parse, plus, sum, ZERO, type Exact } from '../desk/exact'
import type { AccountFigures, Grouping, OrderStatistic, PositionGroup } from './types'

export interface Tally {
  readonly name: string
  readonly positions: number
  readonly long: number
  readonly short: number
  readonly delta: Exact | null
  readonly net: Exact | null
  readonly gross: Exact | null
  readonly daily: Exact
  readonly trade: Exact
  readonly margin: Exact
  readonly unpriced: number
}

export function sumOrNull(values: Iterable<string | null>): Exact | null {
  let total = ZERO
  for (const value of values) {
    const part = parse(value)
    if (part === null) return null
    total = plus(total, part)
  }
  return total
}

function tallyOf(name: string, cells: readonly PositionGroup[]): Tally {
  const count = (of: (cell: PositionGroup) => number): number => cells.reduce((total, cell) => total + of(cell), 0)
  return {
    name,
    positions: count((cell) => cell.positions),
    long: count((cell) => cell.long_quantity),
    short: count((cell) => cell.short_quantity),
    delta: sumOrNull(cells.map((cell) => cell.delta_value)),
    net: sumOrNull(cells.map((cell) => cell.market_value)),
    gross: sumOrNull(cells.map((cell) => cell.gross_value)),
    daily: sum(cells.map((cell) => cell.position_pnl)),
    trade: sum(cells.map((cell) => cell.floating_pnl)),
    margin: sum(cells.map((cell) => cell.margin)),
    unpriced: count((cell) => cell.unpriced),
  }
}

/** A row for each group of a kind, by name; `''` (belonging to none) comes last. */
export function tallies(cells: readonly PositionGroup[], grouping: Grouping): Tally[] {
  const byName = new Map<string, PositionGroup[]>()
  for (const cell of cells) {
    if (cell.grouping === grouping) byName.set(cell.name, [...(byName.get(cell.name) ?? []), cell])
  }
  return [...byName].map(([name, list]) => tallyOf(name, list)).toSorted((a, b) => Number(a.name === '') - Number(b.name === '') || (a.name < b.name ? -1 : 1))
}

/** All groups of one kind together: every position belongs to one of them. */
export function totalOf(cells: readonly PositionGroup[], grouping: Grouping): Tally {
  return tallyOf('', cells.filter((cell) => cell.grouping === grouping))
}

/** Orders that may still fill, of a product or of a strategy. */
export function workingOf(orders: readonly OrderStatistic[], of: (row: OrderStatistic) => boolean): { orders: number; lots: number } {
  const found = orders.filter(of)
  return {
    orders: found.reduce((total, row) => total + row.orders, 0),
    lots: found.reduce((total, row) => total + row.remaining_quantity, 0),
  }
}

/** Funds of a product: the books it has in every account, added up. */
export function fundsOf(accounts: readonly AccountFigures[], product: string): { balance: Exact; available: Exact; closed: Exact } | null {
  const own = accounts.filter((each) => each.book !== '' && each.product_code === product)
  if (own.length === 0) return null
  return { balance: sum(own.map((each) => each.balance)), available: sum(own.map((each) => each.available)), closed: sum(own.map((each) => each.close_pnl)) }
}

/** What the overview is grouped by. */
export type View = Grouping | 'account'

interface Belonging {
  readonly account_id: string
  readonly product_code: string
  readonly strategy?: string
  readonly sector?: string
  readonly exchange?: string
  readonly trader?: string
}

const FIELDS: Readonly<Record<View, keyof Belonging>> = { product: 'product_code', account: 'account_id', strategy: 'strategy', sector: 'sector', exchange: 'exchange', trader: 'trader' }

/** True where a row belongs to the picked group; `null` picks all. A row that does not know belongs to none. */
export function isOf(view: View, picked: string | null, row: Belonging): boolean {
  return picked === null || row[FIELDS[view]] === picked
}
