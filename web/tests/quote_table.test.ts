import { expect, test } from 'vitest'
import { change, changePercent, QuoteTable, referencePrice } from '../src/state/quote_table'
import { makeTick } from './builders'

test('a quote makes a row and each further one raises its version', () => {
  const table = new QuoteTable()
  table.apply([makeTick()])
  const row = table.rowOf('au2512.SHFE')
  const before = table.version[row]!
  table.apply([makeTick({ last_price: 451, seq: 2 })])
  expect(table.size).toBe(1)
  expect(table.version[row]).toBe(before + 1)
  expect(table.at(row, 'last_price')).toBe(451)
})

test('a row keeps its place while the table grows past its first capacity', () => {
  const table = new QuoteTable()
  table.apply(Array.from({ length: 200 }, (_, n) => makeTick({ instrument_id: `x${n}`, last_price: n })))
  expect(table.at(table.rowOf('x7'), 'last_price')).toBe(7)
  expect(table.at(table.rowOf('x199'), 'last_price')).toBe(199)
})

test('the first quote does not flash; the next one tells its direction', () => {
  const table = new QuoteTable()
  table.apply([makeTick()])
  expect(table.moved[0]).toBe(0)
  table.apply([makeTick({ last_price: 449 })])
  expect(table.moved[0]).toBe(-1)
  table.apply([makeTick({ last_price: 449 })])
  expect(table.moved[0]).toBe(0)
})

test('the change is measured against the previous settlement, else the previous close', () => {
  const table = new QuoteTable()
  table.apply([makeTick(), makeTick({ instrument_id: 'SPY.US', pre_settlement_price: null })])
  expect(referencePrice(table, 0)).toBe(448)
  expect(change(table, 0)).toBe(2)
  expect(changePercent(table, 0)).toBeCloseTo(0.446, 3)
  expect(referencePrice(table, 1)).toBe(447)
})

test('an absent value is not zero', () => {
  const table = new QuoteTable()
  table.apply([makeTick({ bid_price: null, pre_settlement_price: null, pre_close_price: null })])
  expect(table.at(0, 'bid_price')).toBeNaN()
  expect(changePercent(table, 0)).toBeNaN()
})

test('clearing empties the values and keeps the rows', () => {
  const table = new QuoteTable()
  table.apply([makeTick()])
  table.clear()
  expect(table.size).toBe(1)
  expect(table.has(0)).toBe(false)
})

test('a flood of names does not grow the table without end', () => {
  const table = new QuoteTable()
  table.apply(Array.from({ length: 6000 }, (_, n) => makeTick({ instrument_id: `x${n}` })))
  expect(table.size).toBe(5000)
  expect(table.ensure('one more')).toBe(-1)
})
