import { beforeEach, expect, test } from 'vitest'
import type { Instrument, RiskAlert } from '../src/api/types'
import { foldAlerts } from '../src/components/alert_folds'
import { sayAlert } from '../src/i18n/alerts'
import { instruments } from '../src/state/market'

function makeAlert(changes: Partial<RiskAlert>): RiskAlert {
  return {
    alert_id: 'a1', kind: 'low_confidence', severity: 'low', instrument_id: 'IF2101.CFFEX', ts_event: 1, params: {},
    opportunity_id: null, ...changes,
  }
}

beforeEach(() => {
  const future = { instrument_id: 'IF2101.CFFEX', symbol: 'IF2101', price_digits: 1 } as Instrument
  instruments.value = new Map([[future.instrument_id, future]])
})

test('confidence is told in percent, as the lists beside the alert show it', () => {
  expect(sayAlert(makeAlert({ params: { actual: 0.3917, limit: 0.4 } }))).toBe('机会的置信度只有 39.2%，低于 40%')
})

test('prices in an alert have the decimals of the contract', () => {
  const params = { actual: 11.8, limit: 7.846, best_price: 5237, side: 'buy' }
  expect(sayAlert(makeAlert({ kind: 'negative_reversal', params }))).toBe('价格自最有利的 5237.0 回撤 11.8，超过 7.846')
})

test('a limit is told by its name and price', () => {
  const params = { actual: 5730, limit: 5737.8, distance: 7.8, allowed: 11.4, which: 'up' }
  expect(sayAlert(makeAlert({ kind: 'near_limit', params }))).toBe('距涨停 5737.8 只有 7.8，不足 11.4')
})

const at = (id: string, seconds: number, changes: Partial<RiskAlert> = {}): RiskAlert => makeAlert({ alert_id: id, ts_event: seconds * 1e9, ...changes })

test('the same alert of a contract within a minute is one row: its count, its newest figures, its gravest severity', () => {
  const newestFirst = [at('c', 50, { params: { actual: 0.1 } }), at('b', 30, { severity: 'high' }), at('a', 0)]
  const folds = foldAlerts(newestFirst)
  expect(folds.map(({ id, count, severity, newest }) => [id, count, severity, newest.alert_id])).toEqual([['a', 3, 'high', 'c']])
})

test('another kind, another contract and another minute are rows of their own', () => {
  const newestFirst = [at('e', 61), at('d', 20, { instrument_id: 'rb2605.SHFE' }), at('c', 10), at('b', 5, { kind: 'weak_momentum' }), at('a', 0)]
  expect(foldAlerts(newestFirst).map(({ id, count }) => [id, count])).toEqual([['e', 1], ['d', 1], ['a', 2], ['b', 1]])
})

test('a row stays itself while more join it', () => {
  const before = [at('b', 10), at('a', 0)]
  expect(foldAlerts([at('c', 20), ...before]).map(({ id }) => id)).toEqual(foldAlerts(before).map(({ id }) => id))
})
