import { expect, test } from 'vitest'
import { breaks, dayLine, ticksBetween, tickLine, timeLabels, type LinePoint } from '../src/chart/line_model'
import { aggregate, BarSeries, type ChartBar } from '../src/chart/bar_series'
import { Trail } from '../src/chart/trail'
import { makeBar } from './builders'

const MINUTE = 60_000
const NS = 1_000_000

function quote(ms: number, price: number, volume: number): Parameters<BarSeries['apply']>[0] {
  return { ms, tradingDay: 20_231_115, price, volume, turnover: volume * price }
}

test('bars are kept in order whatever order they come in, and one seen again replaces itself', () => {
  const series = new BarSeries()
  series.merge([makeBar({ ts_open: 2 * MINUTE * NS }), makeBar({ ts_open: MINUTE * NS, close: 1 })])
  series.merge([makeBar({ ts_open: MINUTE * NS, close: 9 })])
  expect(series.all().map((bar) => [bar.ms, bar.close])).toEqual([[MINUTE, 9], [2 * MINUTE, 2]])
})

test('quotes form the bar of their minute', () => {
  const series = new BarSeries()
  series.apply(quote(5 * MINUTE + 100, 10, 100))
  series.apply(quote(5 * MINUTE + 200, 12, 107))
  series.apply(quote(5 * MINUTE + 300, 11, 110))
  expect(series.last).toMatchObject({ ms: 5 * MINUTE, open: 10, high: 12, low: 10, close: 11, volume: 10 })
})

test('the closed bar takes the place of the formed one', () => {
  const series = new BarSeries()
  series.apply(quote(5 * MINUTE + 100, 10, 100))
  series.apply(quote(6 * MINUTE + 100, 20, 130))
  series.merge([makeBar({ ts_open: 5 * MINUTE * NS, close: 15 })])
  expect(series.all().map((bar) => bar.close)).toEqual([15, 20])
  expect(series.last!.volume).toBe(30)
})

test('a quote of a minute that is closed changes nothing', () => {
  const series = new BarSeries()
  series.merge([makeBar({ ts_open: 5 * MINUTE * NS })])
  expect(series.apply(quote(5 * MINUTE + 100, 99, 1))).toBe(false)
  expect(series.all()).toHaveLength(1)
})

function minuteBar(minute: number, changes: Partial<ChartBar> = {}): ChartBar {
  return { ms: minute * MINUTE, tradingDay: 1, open: 1, high: 2, low: 0, close: 1, volume: 10, turnover: 100, ...changes }
}

test('minutes are joined into longer bars', () => {
  const joined = aggregate([minuteBar(0, { open: 5 }), minuteBar(1, { high: 9 }), minuteBar(4, { close: 7 }), minuteBar(5)], 5)
  expect(joined).toHaveLength(2)
  expect(joined[0]).toMatchObject({ ms: 0, open: 5, high: 9, close: 7, volume: 30 })
})

test('a longer bar ends with its trading day', () => {
  expect(aggregate([minuteBar(0), minuteBar(1, { tradingDay: 2 })], 5)).toHaveLength(2)
})

test('joining leaves the minutes themselves untouched', () => {
  const minutes = [minuteBar(0), minuteBar(1)]
  aggregate(minutes, 5)
  expect(minutes[0]!.volume).toBe(10)
})

test('the day line shows the newest trading day around the reference, with its average price', () => {
  const model = dayLine([minuteBar(0, { tradingDay: 0 }), minuteBar(1, { close: 110 }), minuteBar(2, { close: 105, turnover: 300 })], { reference: 100, multiplier: 2, axis: null })
  expect(model.points).toHaveLength(2)
  expect(model.points[1]!.average).toBe(10)
  expect((model.low + model.high) / 2).toBeCloseTo(100)
})

test('a trail drops what came twice or late and knows what was traded between', () => {
  const trail = new Trail()
  expect([trail.add(1, 10, 100), trail.add(1, 10, 100), trail.add(2, 11, 104)]).toEqual([true, false, true])
  expect(trail.all.map((point) => point.volume)).toEqual([0, 4])
})

test('a trail is bounded', () => {
  const trail = new Trail()
  for (let ms = 1; ms < 5000; ms += 1) trail.add(ms, 1, ms)
  expect(trail.all.length).toBeLessThanOrEqual(1500)
  expect(trail.all.at(-1)!.ms).toBe(4999)
})

test('a flat line still has a range', () => {
  const model = tickLine([{ ms: 1, price: 10, volume: 0 }], null)
  expect(model.high).toBeGreaterThan(model.low)
})

test('labels stand at round values', () => {
  expect(ticksBetween(5192, 5238, 7)).toEqual([5200, 5210, 5220, 5230])
  expect(ticksBetween(1, 1, 5)).toEqual([])
  expect(ticksBetween(5150, 5280, 6)).toEqual([5150, 5175, 5200, 5225, 5250, 5275])
  expect(ticksBetween(1, 1.1, 4)).not.toContain(1.025)
})

test('a trail begins anew when time goes back: another run of the market', () => {
  const trail = new Trail()
  trail.add(10 * MINUTE, 10, 500)
  expect(trail.add(MINUTE, 9, 3)).toBe(true)
  expect(trail.all).toEqual([{ ms: MINUTE, price: 9, volume: 0 }])
})

test('the tick line tells rise and fall from the reference and keeps its own range', () => {
  const model = tickLine([{ ms: 1, price: 10, volume: 0 }, { ms: 2, price: 11, volume: 0 }], 20)
  expect([model.base, model.reference]).toEqual([20, null])
  expect(model.high).toBeLessThan(12)
})

/** One point a minute from `first` o'clock in Shanghai to `last`, in minutes of the day. */
function pointsOf(first: number, last: number): LinePoint[] {
  const midnight = Date.UTC(2021, 0, 3, 16)
  return Array.from({ length: last - first }, (_, n) => ({ ms: midnight + (first + n) * MINUTE, price: 1, volume: 1, average: null }))
}

test('the day line carries times at round minutes and marks the break of the session', () => {
  const day = [...pointsOf(9 * 60 + 30, 11 * 60 + 30), ...pointsOf(13 * 60, 15 * 60)]
  expect(timeLabels(day, 20)).toEqual([0, 30, 60, 90, 120, 150, 180, 210])
  expect(breaks(day)).toEqual([120])
})

test('times never stand closer than they are wide, not even across a break', () => {
  const day = [...pointsOf(9 * 60, 10 * 60 + 15), ...pointsOf(10 * 60 + 30, 11 * 60)]
  const places = timeLabels(day, 28)
  for (let at = 1; at < places.length; at += 1) expect(places[at]! - places[at - 1]!).toBeGreaterThanOrEqual(28)
})
