import { expect, test } from 'vitest'
import { arrange, keepPlaces, mainRows, matches, type Arranging } from '../src/grid/arrange'
import { nextSortings, type SortKey } from '../src/grid/order'
import { readGridPrefs } from '../src/grid/prefs'
import { QuoteTable } from '../src/state/quote_table'
import type { Instrument } from '../src/api/types'
import { makeTick } from './builders'

const KEYS: Readonly<Record<string, SortKey>> = {
  price: (table, row) => table.at(row, 'last_price'),
  interest: (table, row) => table.at(row, 'open_interest'),
}

function tableOf(quotes: readonly (readonly [string, number, number])[]): QuoteTable {
  const table = new QuoteTable()
  table.apply(quotes.map(([id, price, interest]) => makeTick({ instrument_id: id, last_price: price, open_interest: interest })))
  return table
}

const facts = (id: string, product: string, exchange: string): [string, Instrument] => [id, { instrument_id: id, product_id: product, exchange } as Instrument]

function arranging(changes: Partial<Arranging>): Arranging {
  return { rows: [0, 1, 2, 3], sortings: [], keyOf: (key) => KEYS[key], groupOf: null, folded: new Set(), isWanted: () => true, ...changes }
}

test('a second key decides where the first finds rows equal', () => {
  const table = tableOf([['a', 5, 1], ['b', 7, 1], ['c', 5, 3], ['d', 5, 2]])
  const sortings = [{ key: 'price', direction: 1 }, { key: 'interest', direction: -1 }] as const
  expect(arrange(table, arranging({ sortings })).order).toEqual([2, 3, 0, 1])
})

test('groups stand by name with their heads, and a folded one shows its head alone', () => {
  const table = tableOf([['au1', 5, 1], ['ag1', 7, 1], ['au2', 3, 3], ['ag2', 9, 2]])
  const groupOf = (row: number): string => table.ids[row]!.slice(0, 2)
  const made = arrange(table, arranging({ groupOf, folded: new Set(['ag']), sortings: [{ key: 'price', direction: 1 }] }))
  expect(made.groups).toEqual([{ name: 'ag', count: 2, isFolded: true }, { name: 'au', count: 2, isFolded: false }])
  expect(made.order).toEqual([-1, -2, 2, 0])
})

test('rows that somebody points at keep their places; newcomers go to the end and the gone leave', () => {
  expect(keepPlaces([3, 1, 2], [1, 2, 4])).toEqual([1, 2, 4])
})

test('the main contract of a product is the one with the most open interest, and a share is its own', () => {
  const table = tableOf([['au2604.SHFE', 1, 10], ['au2606.SHFE', 1, 90], ['600000.SSE', 1, 0]])
  const known = new Map([facts('au2604.SHFE', 'au', 'SHFE'), facts('au2606.SHFE', 'au', 'SHFE'), facts('600000.SSE', '600000', 'SSE')])
  expect([...mainRows(table, known)].map((row) => table.ids[row])).toEqual(['au2606.SHFE', '600000.SSE'])
})

test('every word of the filter has to be found', () => {
  expect(matches('au shfe', 'au2604.SHFE', '沪金2604')).toBe(true)
  expect(matches('沪金', 'au2604.SHFE', '沪金2604')).toBe(true)
  expect(matches('au dce', 'au2604.SHFE', '沪金2604')).toBe(false)
})

test('a plain click sorts by one column, with Shift by one more, three at most', () => {
  const first = nextSortings([], 'price', false, false)
  const second = nextSortings(first, 'interest', false, true)
  expect(second.map(({ key }) => key)).toEqual(['price', 'interest'])
  expect(nextSortings(second, 'interest', false, true)[1]).toEqual({ key: 'interest', direction: 1 })
  expect(nextSortings(second, 'name', true, false)).toEqual([{ key: 'name', direction: 1 }])
  const full = nextSortings(nextSortings(second, 'a', false, true), 'b', false, true)
  expect(full.map(({ key }) => key)).toEqual(['price', 'interest', 'b'])
})

test.each(['', 'nonsense', '{"columns":["nobody"],"widths":{"last":"wide"},"group":"colour"}'])('stored nonsense leaves the grid as it is by nature: %s', (text) => {
  const prefs = readGridPrefs(text)
  expect([prefs.columns[0], prefs.group, Object.keys(prefs.widths)]).toEqual(['symbol', 'none', []])
})
