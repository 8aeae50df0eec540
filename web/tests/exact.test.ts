// Money keeps every digit: what is shown and summed is what the ledger said.
import { expect, test } from 'vitest'
import { compare, divide, exact, full, minus, money, parse, percentOf, plain, plus, round, signedMoney, signedPercentOf, sum, times, toneOf } from '../src/desk/exact'

test.each([
  ['1000035.27275', '1,000,035.27'],
  ['0E-8', '0.00'],
  ['-0.005', '−0.01'],
  ['-0.004', '0.00'],
  ['1.5e3', '1,500.00'],
  ['.5', '0.50'],
])('%s is shown as %s', (text, shown) => {
  expect(money(text)).toBe(shown)
})

test.each(['', 'abc', '1.2.3', '--1', 'NaN', 'Infinity', '1e99999999', '1'.repeat(80)])('%j is no amount', (text) => {
  expect(parse(text)).toBeNull()
  expect(money(text)).toBe('—')
})

test('what a float would lose is kept', () => {
  expect(plain(sum(['0.1', '0.2']))).toBe('0.3')
  expect(plain(plus(exact('9007199254740993.01'), exact('0.02')))).toBe('9007199254740993.03')
  expect(plain(minus(exact('1'), exact('0.9')))).toBe('0.1')
  expect(plain(times(exact('1.1'), exact('1.1')))).toBe('1.21')
})

test('halves are rounded away from zero', () => {
  expect(['2.345', '-2.345', '2.344'].map((text) => plain(round(exact(text), 2)))).toEqual(['2.35', '-2.35', '2.34'])
})

test('an average is divided to the digits asked for and nothing is divided by zero', () => {
  expect(plain(divide(exact('157100'), exact(50), 1)!)).toBe('3142.0')
  expect(plain(divide(exact('1'), exact('3'), 4)!)).toBe('0.3333')
  expect(plain(divide(exact('-2'), exact('3'), 2)!)).toBe('-0.67')
  expect(divide(exact('1'), exact('0'), 2)).toBeNull()
})

test('a gain carries its sign and a colour, what reads as zero neither', () => {
  expect([signedMoney('350'), signedMoney('-0.004'), signedMoney('-7560.00')]).toEqual(['+350.00', '0.00', '−7,560.00'])
  expect([toneOf('350'), toneOf('-0.004'), toneOf('-7560')]).toEqual(['is-up', '', 'is-down'])
})

test('parts shown in full add up to the whole as shown', () => {
  expect([full('24.72725'), full('1000060.00'), full('1000035.27275')]).toEqual(['24.72725', '1,000,060.00', '1,000,035.27275'])
})

test('shares are shown in percent', () => {
  expect([percentOf('0.0594'), signedPercentOf('0.0106'), percentOf(null)]).toEqual(['5.94%', '+1.06%', '—'])
})

test('amounts compare by value, not by digits', () => {
  expect([compare(exact('1.0'), exact('1')), compare(exact('1.01'), exact('1')), compare(exact('-2'), exact('1'))]).toEqual([0, 1, -1])
})
