// What people read of a broker's statement: the state of each, what differs, and the rate that would give theirs.
import { beforeEach, expect, test } from 'vitest'
import { locale } from '../src/app/settings'
import '../src/i18n/desk'
import { sayCause, sayDifference, sayState, shareOf, type Difference, type StatementReview } from '../src/desk/statements'

const AGREED: StatementReview = {
  account_id: 'a1', trading_day: 20260105, version: 1, digest: 'd', differences: [], difference_count: 0,
  unexplained_count: 0, malformed_count: 0, confirmation: null,
}
const FEE: Difference = { code: 'trade.commission', subject: 'au2604 buy 1', ours: '0.00', theirs: '18.96', cause: 'fee_rate', detail: { by_money: '0.00001' } }

beforeEach(() => {
  locale.value = 'zh'
})

test('a difference has words, and one of no known words stands as it is', () => {
  expect(sayDifference(FEE)).toBe('成交 · 手续费')
  expect(sayDifference({ ...FEE, code: 'funds.new_thing' })).toBe('资金 · new_thing')
})

test('a cause tells the rate that would give theirs', () => {
  expect(sayCause(FEE)).toBe('手续费率不同 · 按金额 0.00001')
  expect(sayCause({ ...FEE, cause: '', detail: {} })).toBe('说不清')
})

test('the state says first who confirmed, then what nobody could read, then what is unexplained', () => {
  expect(sayState(AGREED)).toBe('完全一致')
  expect(sayState({ ...AGREED, difference_count: 3 })).toBe('3 处差异，均已说明')
  expect(sayState({ ...AGREED, difference_count: 3, unexplained_count: 1 })).toBe('1 处说不清')
  expect(sayState({ ...AGREED, unexplained_count: 1, malformed_count: 2 })).toBe('2 行读不懂')
  expect(sayState({ ...AGREED, unexplained_count: 1, confirmation: { actor: 'wang', by: 'person' } })).toBe('已由wang确认')
  expect(sayState({ ...AGREED, confirmation: { actor: 'policy', by: 'auto' } })).toBe('已由规则确认')
})

test('rates that are covered or failed need no more asking', () => {
  const pull = { total: 10, done: 4, covered: 3, failed: 1, now: '', trouble: '' }
  expect(shareOf(pull)).toBe(0.8)
  expect(shareOf({ ...pull, total: 0 })).toBe(0)
})
