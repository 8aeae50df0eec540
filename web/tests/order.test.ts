import { expect, test } from 'vitest'
import { nextSorting, sortRows } from '../src/grid/order'
import { isSameWish, quoteWish } from '../src/grid/viewport'
import { QuoteTable } from '../src/state/quote_table'
import { makeTick } from './builders'

function tableOf(prices: readonly (number | null)[]): QuoteTable {
  const table = new QuoteTable()
  prices.forEach((price, n) => {
    table.ensure(`x${n}`)
    if (price !== null) table.apply([makeTick({ instrument_id: `x${n}`, last_price: price })])
  })
  return table
}

const byPrice = (table: QuoteTable, row: number): number => table.at(row, 'last_price')

test('rows are sorted by value and absent ones stay at the end both ways', () => {
  const table = tableOf([3, null, 1, 2])
  expect(sortRows(table, [0, 1, 2, 3], byPrice, 1)).toEqual([2, 3, 0, 1])
  expect(sortRows(table, [0, 1, 2, 3], byPrice, -1)).toEqual([0, 3, 2, 1])
})

test('equal rows keep the order they have on the screen', () => {
  const table = tableOf([5, 5, 5])
  expect(sortRows(table, [2, 0, 1], byPrice, -1)).toEqual([2, 0, 1])
})

test('codes are sorted as people count', () => {
  const table = new QuoteTable()
  for (const id of ['au2512', 'au999', 'ag2512']) table.ensure(id)
  expect(sortRows(table, [0, 1, 2], (t, row) => t.ids[row]!, 1)).toEqual([2, 1, 0])
})

test('a header goes from its first direction to the other and then to none', () => {
  const first = nextSorting(null, 'last', false)
  expect(first).toEqual({ key: 'last', direction: -1 })
  const second = nextSorting(first, 'last', false)
  expect(second).toEqual({ key: 'last', direction: 1 })
  expect(nextSorting(second, 'last', false)).toBeNull()
  expect(nextSorting(first, 'symbol', true)).toEqual({ key: 'symbol', direction: 1 })
})

const many = Array.from({ length: 300 }, (_, n) => `x${String(n).padStart(3, '0')}`)
const view = { ids: many, first: 50, last: 70, selectedId: 'x299', isLiveSorted: false }

test('a few instruments are asked for all at once', () => {
  expect(quoteWish({ ...view, ids: many.slice(0, 20) }).instruments).toBeUndefined()
})

test('of many only the visible rows, a margin and the selected one are asked for', () => {
  const { instruments } = quoteWish(view)
  expect(instruments).toHaveLength(41)
  expect(instruments).toContain('x040')
  expect(instruments).toContain('x299')
})

test('sorting by a moving column needs the rows out of sight too, at a slower pace', () => {
  expect(quoteWish({ ...view, isLiveSorted: true })).toEqual({ topic: 'quotes', mode: 'latest', interval_ms: 500 })
})

test('a wish that has not changed is not sent again', () => {
  expect(isSameWish(quoteWish(view), quoteWish(view))).toBe(true)
  expect(isSameWish(quoteWish(view), quoteWish({ ...view, first: 90, last: 110 }))).toBe(false)
  expect(isSameWish(null, quoteWish(view))).toBe(false)
})
