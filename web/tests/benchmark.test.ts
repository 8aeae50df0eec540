// What an account is measured against: from the first common day, over gaps and rolls, and honestly where there is none.

import { expect, test } from 'vitest'
import { benchmarkOf, compareWith, joinedCloses, textOf } from '../src/money/benchmark'
import { plain, round } from '../src/desk/exact'
import type { DayRow, ValuePoint } from '../src/money/types'

const DAYS = [20260929, 20260930, 20261009, 20261012]
const VALUES = ['1', '1.1', '1.21', '1.21']
const points: ValuePoint[] = DAYS.map((trading_day, at) => ({ trading_day, net_value: VALUES[at]!, drawdown: '0' }))
const rows = DAYS.map((trading_day) => ({ trading_day, balance: '1000000.10' }) as DayRow)

function closesOf(told: Record<number, string>): Map<number, string> {
  return new Map(Object.entries(told).map(([day, close]) => [Number(day), close]))
}

test('two returns over the same days differ by the excess, in money of the first day to the cent', () => {
  const found = compareWith(points, closesOf({ 20260929: '3000', 20260930: '3060', 20261009: '3090', 20261012: '3150' }), rows)!
  expect([found.own, found.theirs, found.excess].map((each) => plain(round(each, 6)))).toEqual(['0.210000', '0.050000', '0.160000'])
  expect(plain(found.amount!)).toBe('160000.02')
  expect([found.from, found.until, found.missing, found.outside]).toEqual([20260929, 20261012, 0, 0])
})

test('it begins on the first day both have, and days before and after are said', () => {
  const found = compareWith(points, closesOf({ 20260101: '1', 20260930: '100', 20261009: '99' }), rows)!
  expect([found.from, found.until, found.missing, found.outside]).toEqual([20260930, 20261009, 0, 2])
  expect(plain(round(found.own, 4))).toBe('0.1000')
  expect(plain(round(found.theirs, 4))).toBe('-0.0100')
})

test('a holiday of both is no gap, a day without a close is one', () => {
  const found = compareWith(points, closesOf({ 20260930: '100', 20261012: '100' }), rows)!
  expect([found.missing, found.outside]).toEqual([1, 1])
})

test('days of the benchmark on which the account has none count for nothing', () => {
  const closes = closesOf({ 20260929: '10', 20261008: '99', 20261012: '11' })
  expect(plain(round(compareWith(points, closes, rows)!.theirs, 3))).toBe('0.100')
})

test.each([
  ['no close at all', {}],
  ['no common day', { 20250101: '1', 20250102: '2' }],
  ['one common day', { 20260930: '1', 20250102: '2' }],
  ['a close of nothing', { 20260929: '0', 20261012: '2' }],
])('with %s there is nothing to compare', (_, closes) => {
  expect(compareWith(points, closesOf(closes), rows)).toBeNull()
})

test('without the funds of the first day the excess has no amount', () => {
  expect(compareWith(points, closesOf({ 20260929: '1', 20261012: '1' }), [])!.amount).toBeNull()
})

test('a roll is no gain: the next contract counts from its own close of the day before', () => {
  const near = closesOf({ 1: '100', 2: '110' })
  const far = closesOf({ 1: '119', 2: '121', 3: '133.1' })
  const { closes, rolls, bridged } = joinedCloses([near, far])
  expect([...closes].map(([day, close]) => [day, Number(close)])).toEqual([[1, 100], [2, 110], [3, 121]])
  expect([rolls, bridged]).toEqual([1, 0])
})

test('a roll without that close is told and its day counts as no change', () => {
  const { closes, bridged } = joinedCloses([closesOf({ 1: '100', 2: '110' }), closesOf({ 3: '200', 4: '220' })])
  expect([...closes.values()].map(Number)).toEqual([100, 110, 110, 121])
  expect(bridged).toBe(1)
})

test('a contract nothing is known of is passed over', () => {
  expect([...joinedCloses([new Map(), closesOf({ 3: '200' }), new Map()]).closes.values()].map(Number)).toEqual([200])
})

test('a choice is read as it was written, and foreign words are none', () => {
  const chosen = { kind: 'main', id: 'IF.CFFEX' } as const
  expect(benchmarkOf(textOf(chosen))).toEqual(chosen)
  expect([undefined, '', 'main:', 'other:IF', 'IF'].map(benchmarkOf)).toEqual([null, null, null, null, null])
})
