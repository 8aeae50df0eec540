import { expect, test } from 'vitest'
import { dayAxis, fittingLabels, placed } from '../src/chart/day_axis'
import { dayLine } from '../src/chart/line_model'
import { phaseAt, tradedMs, type DayHours } from '../src/market/sessions'
import { dayBar, weekly } from '../src/chart/day_bars'
import { midnight } from '../src/chart/bar_store'

const at = (text: string): number => Date.parse(`${text}:00+08:00`)

function hours(day: number, ...spans: readonly (readonly [string, string])[]): DayHours {
  const sections = spans.map(([open, close]) => ({ open_ns: at(open) * 1e6, close_ns: at(close) * 1e6 }))
  return { trading_day: day, auction_ns: sections[0]!.open_ns - 300e9, sections }
}

const GOLD = hours(
  20210105,
  ['2021-01-04T21:00', '2021-01-05T02:30'],
  ['2021-01-05T09:00', '2021-01-05T10:15'],
  ['2021-01-05T10:30', '2021-01-05T11:30'],
  ['2021-01-05T13:30', '2021-01-05T15:00'],
)

function bar(text: string, price: number): Parameters<typeof dayLine>[0][number] {
  return { ms: at(text), tradingDay: 20210105, open: price, high: price, low: price, close: price, volume: 10, turnover: price * 10 }
}

test('the night of the evening before comes first and the whole day has its place', () => {
  const axis = dayAxis([GOLD], 'all')!
  expect(axis.places).toBe(555)
  expect(axis.placeOf(at('2021-01-04T21:00'))).toBe(0)
  expect(axis.placeOf(at('2021-01-05T09:00'))).toBe(330)
  expect(axis.placeOf(at('2021-01-05T15:00'))).toBe(554)
  expect(axis.placeOf(at('2021-01-05T12:00'))).toBeNull()
})

test('the day alone leaves the night out', () => {
  const axis = dayAxis([GOLD], 'day')!
  expect([axis.places, axis.placeOf(at('2021-01-04T21:00')), axis.placeOf(at('2021-01-05T09:00'))]).toEqual([225, null, 0])
})

test('a market that never closes has no axis of fixed places', () => {
  expect(dayAxis([hours(20210105, ['2021-01-05T00:00', '2021-01-06T00:00'])], 'all')).toBeNull()
})

test('labels never stand on each other, and the ends stay', () => {
  const { labels: all, places } = dayAxis([GOLD], 'all')!
  const labels = fittingLabels(all.map((label) => placed(label, (label.at / places) * 300, label.text.length * 6, 300)))
  expect(labels.length).toBeGreaterThan(2)
  expect(labels.every((label, n) => n === 0 || label.left > labels[n - 1]!.right)).toBe(true)
  expect([labels[0]!.text, labels.at(-1)!.text, labels.at(-1)!.right]).toEqual(['21:00', '15:00', 300])
})

test('a label pushed in from the edge makes the next one give way', () => {
  const labels = ['00:00', '00:05', '00:15'].map((text, n) => placed({ text }, n * 30, 30, 300))
  expect(fittingLabels(labels).map(({ text }) => text)).toEqual(['00:00', '00:15'])
})

test('no label stands under the tag of the pointer', () => {
  const labels = ['09:00', '10:00', '11:00'].map((text, n) => placed({ text }, 50 + n * 60, 30, 300))
  expect(fittingLabels(labels, [{ left: 90, right: 130 }]).map(({ text }) => text)).toEqual(['09:00', '11:00'])
})

test('the average of the day counts the night even where only the day is shown', () => {
  const bars = [bar('2021-01-04T21:00', 100), bar('2021-01-05T09:00', 200)]
  const model = dayLine(bars, { reference: 100, multiplier: 1, axis: dayAxis([GOLD], 'day') })
  expect(model.points.map(({ at: place, average }) => [place, average])).toEqual([[0, 150]])
  expect(model.places).toBe(225)
})

test('silence is counted in trading time alone', () => {
  expect(tradedMs(GOLD, at('2021-01-05T11:29'), at('2021-01-05T13:31'))).toBe(2 * 60_000)
  expect(phaseAt(GOLD, at('2021-01-05T12:00'))).toBe('break')
  expect(phaseAt(GOLD, at('2021-01-04T20:57'))).toBe('auction')
  expect(phaseAt(GOLD, at('2021-01-05T16:00'))).toBe('closed')
})

const day = (number: number, price: number): NonNullable<ReturnType<typeof dayBar>> =>
  dayBar({ tradingDay: number, open: price, high: price + 1, low: price - 1, last: price, volume: 5, turnover: 1, ms: midnight(number) })!

test('days are joined into weeks that begin on Monday', () => {
  const weeks = weekly([day(20210107, 10), day(20210108, 12), day(20210111, 20)])
  expect(weeks.map(({ ms, high, close, volume }) => [ms, high, close, volume])).toEqual([
    [midnight(20210104), 13, 12, 10],
    [midnight(20210111), 21, 20, 5],
  ])
})
