import { describe, expect, test } from 'vitest'
import { valueCurve } from '../src/chart/equity_model'
import { monthBeside, shadeOf, shortMoney, weeksOf } from '../src/money/calendar'
import { alertOf, conditionsOf, NO_FILTER, opportunityOf, tickLine } from '../src/money/history'
import { accountAddress, EVERY_DAY, spanOf } from '../src/money/spans'
import type { DayRow } from '../src/money/types'

function day(trading_day: number, net: string): DayRow {
  const none = { pre_balance: '0', deposit: '0', withdraw: '0', close_pnl: '0', position_pnl: '0', commission: '0', balance: '0', margin: '0' }
  return { ...none, trading_day, net, is_live: false }
}

const TICK = { seq: 1, ts_event: 1e15, ts_recv: 1e15 + 4e6, last_price: 10, bid_price: null, ask_price: 11, volume: 3 }

describe('the calendar', () => {
  test('a month is weeks of seven that begin on Monday', () => {
    const weeks = weeksOf(202602)
    expect(weeks.map((week) => week.length)).toEqual([7, 7, 7, 7, 7])
    expect(weeks[0]).toEqual([0, 0, 0, 0, 0, 0, 20260201])
    expect(weeks.at(-1)).toEqual([20260223, 20260224, 20260225, 20260226, 20260227, 20260228, 0])
  })

  test('the month before January is December', () => {
    expect([monthBeside(202601, -1), monthBeside(202612, 1)]).toEqual([202512, 202701])
  })

  test('the largest gain or loss has the strongest colour, nothing has none', () => {
    const days = [day(1, '100'), day(2, '-400'), day(3, '0'), day(4, '1')]
    expect(days.map((each) => shadeOf(each, days))).toEqual([1, 4, 0, 1])
  })

  test('a small cell tells a large amount shortly, with its sign', () => {
    expect(['12345.6', '-350.2', '250000000', '0'].map((text) => shortMoney(text, true))).toEqual(['+1.2万', '−350', '+2.5亿', '0'])
    expect(['12345.6', '-2500000'].map((text) => shortMoney(text, false))).toEqual(['+12.3k', '−2.5M'])
  })
})

describe('spans', () => {
  const days = [20251230, 20260105, 20260106, 20260202]

  test('each begins where its name says', () => {
    const names = ['month', 'year', 'd20', 'all', 'custom'] as const
    expect(names.map((name) => spanOf(name, days, { from: 5, until: 6 }).from)).toEqual([20260200, 20260000, 20251230, 0, 5])
    expect(spanOf('month', [], EVERY_DAY)).toEqual(EVERY_DAY)
  })

  test('an address names no more than was chosen', () => {
    expect(accountAddress('days', { account: 'a b', book: '' })).toBe('/api/v1/account/days?account=a+b')
    expect(accountAddress('sheet', { account: 'a', book: 'f/' }, { from: 1, until: 2 }, { table: 'days' })).toBe('/api/v1/account/sheet?account=a&table=days&book=f%2F&from_day=1&until_day=2')
  })
})

describe('the history of signals', () => {
  test('each list asks by its own columns', () => {
    const filter = { ...NO_FILTER, day: '2026-01-05', strategy: 'macd', severity: 'high' }
    expect(conditionsOf(filter, 'opportunities').map((each) => each.column)).toEqual(['trading_day', 'strategies'])
    expect(conditionsOf(filter, 'alerts').map((each) => each.column)).toEqual(['trading_day', 'severity'])
  })

  test('a row of the record is what the page shows live', () => {
    const told = opportunityOf({ opportunity_id: 'o', confidence: '0.294000', steps: [], evidence: null, strategies: 'macd,rsi' } as never)
    expect([told.confidence, told.strategies, told.evidence]).toEqual([0.294, 'macd,rsi', null])
    expect(alertOf({ alert_id: 'a', opportunity_id: '', params: {} } as never).opportunity_id).toBeNull()
  })

  test('a line of prices fills its space, a flat one lies in the middle, one tick is none', () => {
    expect(tickLine([TICK, { ...TICK, last_price: 12 }])).toBe('0.00,28.00 100.00,2.00')
    expect(tickLine([TICK, TICK])).toBe('0.00,15.00 100.00,15.00')
    expect(tickLine([TICK])).toBe('')
  })
})

test('a benchmark begins where the account stands when its first close comes', () => {
  const points = [1, 2, 3].map((at) => ({ trading_day: at, net_value: `1.${at}`, drawdown: '0' }))
  const curve = valueCurve(points, new Map([[2, 50], [3, 55]]))
  expect(curve.points.map((each) => each.benchmark)).toEqual([null, 1.2, expect.closeTo(1.32)])
})
