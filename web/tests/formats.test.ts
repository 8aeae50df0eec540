import { expect, test } from 'vitest'
import { ABSENT, bytes, figures, percent, price, short, signed, toneOf } from '../src/format/numbers'
import { clock, date, duration, minute, tradingDay } from '../src/format/times'

test('a price shows the decimals of its contract', () => {
  expect(price(451, 2)).toBe('451.00')
  expect(price(5227.8, 1)).toBe('5227.8')
  expect(price(null, 2)).toBe(ABSENT)
  expect(price(Number.NaN, 2)).toBe(ABSENT)
})

test('a change always carries its sign, zero none', () => {
  expect(signed(1.5, 1)).toBe('+1.5')
  expect(signed(-1.5, 1)).toBe('−1.5')
  expect(signed(0, 1)).toBe('0.0')
  expect(signed(-0.04, 1)).toBe('0.0')
  expect(percent(0.221)).toBe('+0.22%')
})

test('large counts are shortened as each language does', () => {
  expect(short(9999, 'zh')).toBe('9999')
  expect(short(12_345, 'zh')).toBe('1.23万')
  expect(short(396_100_000_000, 'zh')).toBe('3961.00亿')
  expect(short(12_345, 'en')).toBe('12.35k')
  expect(short(1_234_567, 'en')).toBe('1.23M')
  expect(short(0, 'zh')).toBe('0')
})

test('shortened counts always have two decimals, so that a column of them lines up', () => {
  expect([80_000, 80_010, 1_203_000].map((value) => short(value, 'zh'))).toEqual(['8.00万', '8.00万', '120.30万'])
})

test('what reads as zero has no colour', () => {
  expect([toneOf(0.004, 2), toneOf(-0.004, 2), toneOf(null, 2), toneOf(Number.NaN, 2)]).toEqual(['', '', '', ''])
  expect([toneOf(0.005, 2), toneOf(-1, 0)]).toEqual(['is-up', 'is-down'])
})

test('measured numbers keep four significant figures and no empty decimals', () => {
  expect(figures(0.012345)).toBe('0.01235')
  expect(figures(2.31)).toBe('2.31')
  expect(figures(130.5)).toBe('130.5')
  expect(figures(12_345.6)).toBe('12346')
  expect(figures(0)).toBe('0')
})

test('traffic is shown in kilobytes and megabytes', () => {
  expect(bytes(999)).toBe('999 B')
  expect(bytes(12_345)).toBe('12.3 kB')
  expect(bytes(2_500_000)).toBe('2.5 MB')
})

test('times are those of Shanghai wherever the reader is', () => {
  const ms = Date.UTC(2021, 0, 4, 1, 30, 0, 500)
  expect(clock(ms)).toBe('09:30:00')
  expect(clock(ms, true)).toBe('09:30:00.500')
  expect(minute(ms)).toBe('09:30')
  expect(date(Date.UTC(2021, 0, 3, 16, 0))).toBe('2021-01-04')
  expect(clock(0)).toBe(ABSENT)
})

test('a trading day is written with dashes', () => {
  expect(tradingDay(20_210_104)).toBe('2021-01-04')
  expect(tradingDay(Number.NaN)).toBe(ABSENT)
})

test('durations use the two largest units', () => {
  expect(duration(42_000)).toBe('42s')
  expect(duration(185_000)).toBe('3m05s')
  expect(duration(7_800_000)).toBe('2h10m')
  expect(duration(443_000_000)).toBe('5d03h')
  expect(duration(-5)).toBe('0s')
})
