// How positions and records are read by a trader: shares of the margin, sums of a page, signs put into words.
import { afterEach, beforeAll, expect, test } from 'vitest'
import { locale } from '../src/app/settings'
import { plain } from '../src/desk/exact'
import { sharesOf } from '../src/desk/positions'
import { isClosing, sumsOf, sumsTold } from '../src/desk/records'
import type { Position, RecordRow } from '../src/desk/types'
import { sayCount, saySlippage } from '../src/desk/words'
import { loadLanguage } from '../src/i18n'
import { withoutName } from '../src/i18n/reasons'

beforeAll(() => loadLanguage('en'))
afterEach(() => {
  locale.value = 'zh'
})

const held = { position_pnl: '100', position_cost: '20000', floating_pnl: '-50', open_cost: '10000', margin: '2000' } as Position

test('the share of a gain is told on the margin, in the way of counting chosen, and on the cost beside it', () => {
  const daily = sharesOf(held, 'daily')
  expect([daily.onMargin, daily.onCost].map((each) => Number(plain(each!)))).toEqual([0.05, 0.005])
  const trade = sharesOf(held, 'trade')
  expect([trade.onMargin, trade.onCost].map((each) => Number(plain(each!)))).toEqual([-0.025, -0.005])
})

test('a position that takes no margin has no share of it', () => {
  expect(sharesOf({ ...held, margin: '0' }, 'daily').onMargin).toBeNull()
})

test('fills sum what was closed and charged; what opened or is not booked yet adds nothing', () => {
  const rows: RecordRow[] = [
    { position_offset: 'open', volume: 2, commission: '3.10', close_pnl_by_trade: '0' },
    { position_offset: 'close_today', volume: 2, commission: '3.20', close_pnl_by_trade: '-120.50' },
    { position_offset: 'close', volume: 1, commission: null, close_pnl_by_trade: null },
  ]
  expect(rows.map(isClosing)).toEqual([false, true, false])
  const { count, volume, closed, fee } = sumsOf(rows)
  expect([count, volume, plain(closed), plain(fee)]).toEqual([3, 5, '-120.50', '6.30'])
})

test('what the record adds up is shown as exactly as it says', () => {
  const { count, volume, closed, fee } = sumsTold({ count: 120, sums: { volume: 340, commission: '1020.3000', close_pnl: '5', close_pnl_by_trade: '-7.25' } })
  expect([count, volume, plain(closed), plain(fee)]).toEqual([120, 340, '-7.25', '1020.3000'])
})

test('slippage says which sign is good', () => {
  expect(saySlippage('12')).toEqual({ text: '多付 12.00', tone: 'is-bad-text' })
  expect(saySlippage('-3.5')).toEqual({ text: '省下 3.50', tone: 'is-good-text' })
  expect(saySlippage('0').tone).toBe('')
  expect(saySlippage(null).tone).toBe('')
})

test('one lot is not lots', () => {
  locale.value = 'en'
  expect([1, 2].map((count) => sayCount(count, 'rb2605.SHFE'))).toEqual(['1 lot', '2 lots'])
  expect(sayCount(1, 'TSLA.US')).toBe('1 share')
})

test('a reason that begins with the name of its strategy says it once', () => {
  expect(withoutName('RSI 自 80 回到 69', 'RSI')).toBe('自 80 回到 69')
  expect(withoutName('60s 内急涨 0.42%', '快速涨跌')).toBe('60s 内急涨 0.42%')
})
