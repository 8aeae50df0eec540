import { expect, test } from 'vitest'
import { bollinger, ema, kdj, macd, rsi } from '../src/chart/formulas'
import { readPrefs, validParams } from '../src/chart/chart_prefs'
import { placeMarks, type Mark } from '../src/chart/marks'
import { spansOf } from '../src/chart/continuous'
import { natureOf, Tape } from '../src/market/tape'

const mark = (ms: number): Mark => ({ kind: 'signal', id: String(ms), ms, side: 'buy', price: 1, text: '' })
const quote = { ms: 1, price: 100, volume: 50, openInterest: 900, bid: 99, ask: 100 }

test('what was traded is what the day has more of, struck against the book before it', () => {
  const tape = new Tape()
  expect(tape.add(quote, true)).toBe(false)
  expect(tape.add({ ...quote, ms: 2, volume: 53, openInterest: 901 }, true)).toBe(true)
  expect(tape.lines[0]).toMatchObject({ quantity: 3, side: 1, interest: 1, nature: 'openLong' })
  expect(tape.add({ ...quote, ms: 3, volume: 53 }, true)).toBe(false)
})

test.each([
  [4, 4, 1, 'openBoth'], [4, -4, 1, 'closeBoth'], [4, 2, -1, 'openShort'], [4, -2, 1, 'closeShort'], [4, -2, -1, 'closeLong'], [4, 0, 1, 'swapLong'], [4, 0, 0, 'none'],
] as const)('%i lots with %i more held, struck by %i: %s', (quantity, interest, side, nature) => {
  expect(natureOf(quantity, interest, side)).toBe(nature)
})

test('shares are bought and sold, not opened and closed', () => {
  const tape = new Tape()
  tape.add(quote, false)
  tape.add({ ...quote, ms: 2, volume: 60, openInterest: Number.NaN }, false)
  expect(tape.lines[0]).toMatchObject({ nature: 'none', side: 1, interest: 0 })
})

test('a constant price has itself for every mean, and bands without width', () => {
  const flat = Array.from({ length: 40 }, () => 7)
  expect(ema(flat, 5).slice(-2)).toEqual([7, 7])
  expect(ema(flat, 5)[3]).toBeNaN()
  const { upper, lower } = bollinger(flat, 20, 2)
  expect([upper.at(-1), lower.at(-1)]).toEqual([7, 7])
  expect(macd(flat, 12, 26, 9).macd.at(-1)).toBe(0)
  expect(rsi(flat, 6).at(-1)).toBe(50)
})

test('a price that only rises drives the strength to its top', () => {
  const rising = Array.from({ length: 30 }, (_, n) => n + 1)
  expect(rsi(rising, 6).at(-1)).toBe(100)
  const { k, j } = kdj(rising.map((close) => ({ close, high: close, low: close - 1 })), 9, 3, 3)
  expect(k.at(-1)!).toBeGreaterThan(95)
  expect(j.every((value, n) => (n < 8 ? Number.isNaN(value) : Number.isFinite(value)))).toBe(true)
})

test('an indicator takes as many whole numbers as it has, from 1 to 500', () => {
  expect(validParams('MACD', [10, 20, 5])).toEqual([10, 20, 5])
  for (const wrong of [[1, 2], [1, 2, 0], [1, 2, 501], [1, 2, 1.5], 'x']) expect(validParams('MACD', wrong)).toBeNull()
  expect(readPrefs('{"studies":["KDJ","nobody"],"days":99}')).toMatchObject({ studies: ['KDJ'], days: 5 })
})

test('a mark stands at the bar it lies in, and none before the first bar', () => {
  const placed = placeMarks([mark(5), mark(10), mark(29), mark(99)], [{ ms: 10 }, { ms: 20 }, { ms: 30 }], 10)
  expect(placed.map(({ id, index }) => [id, index])).toEqual([['29', 1], ['10', 0]])
})

test('days in a row with one main contract are one span', () => {
  const days = [[1, 'a'], [2, 'a'], [3, 'b'], [4, 'b']].map(([day, id]) => ({ trading_day: day as number, instrument_id: id as string }))
  expect(spansOf(days)).toEqual([
    { instrumentId: 'a', fromDay: 1, untilDay: 2 },
    { instrumentId: 'b', fromDay: 3, untilDay: 4 },
  ])
})
