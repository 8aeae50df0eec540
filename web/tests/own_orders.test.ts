// What becomes of one's own orders, in words: one sentence per wish, and only what is new.
import { expect, test } from 'vitest'
import { exact } from '../src/desk/exact'
import { OwnOrders, sayCourse } from '../src/desk/own_orders'
import type { Instruction, Order, OrderRequest } from '../src/desk/types'
import { instruments } from '../src/state/market'
import { makeInstrument } from './builders'

instruments.value = new Map([['rb2605.SHFE', makeInstrument({ instrument_id: 'rb2605.SHFE', symbol: 'rb2605', price_digits: 0, price_tick: 1 })]])

let given = 100

function makeOrder(status: Order['status'], filled: number, changes: Partial<Order> = {}, request: Partial<OrderRequest> = {}): Order {
  given += 1
  return {
    request: {
      client_order_id: 'M:1.0.1', instruction_id: 'M:1', account_id: 'paper', product_code: '', strategy: '', instrument_id: 'rb2605.SHFE',
      side: 'buy', offset: 'open', quantity: 2, price: '3150', price_type: 'limit', time_in_force: 'day', origin: 'manager', actor: 'li',
      trading_day: 20261123, ts_event: 50, cause: '', ...request,
    },
    status, version: given, filled_quantity: filled, turnover: String(filled * 3147), order_id: '1', margin: '0', commission: '0', is_cancel_sent: false,
    is_cancel_unknown: false, reason_code: '', reason: '', ts_event: given, ...changes,
  }
}

function begun(): OwnOrders {
  const own = new OwnOrders('li')
  own.hear([], true)
  return own
}

function said(own: OwnOrders, rows: readonly Order[], isWhole = false, instruction?: Instruction): (string | undefined)[] {
  return own.hear(rows, isWhole).map((course) => sayCourse(course, instruction)?.text)
}

test('an order that is filled says so with side, contract, lots and what was paid on average', () => {
  const own = begun()
  expect(said(own, [makeOrder('accepted', 0)])).toEqual([])
  expect(said(own, [makeOrder('filled', 2)])).toEqual(['买入开仓 rb2605 2 手 @3147 全部成交'])
  const [course] = own.hear([makeOrder('filled', 2, { turnover: '6295' }, { client_order_id: 'M:2.0.1', instruction_id: 'M:2' })], false)
  expect(sayCourse(course!, undefined)?.text).toBe('买入开仓 rb2605 2 手 @3147.50 全部成交')
  expect(sayCourse(course!, undefined, exact('6.2940'))).toEqual({ text: '买入开仓 rb2605 2 手 @3147.50 全部成交，手续费 6.29', kind: 'info', hasFee: true })
})

test('part fills of one wish are one thing that grows, whichever order brings them', () => {
  const own = begun()
  const [first] = own.hear([makeOrder('partial', 1)], false)
  const [second] = own.hear([makeOrder('filled', 2)], false)
  expect(first?.key).toBe(second?.key)
  expect(sayCourse(first!, undefined)).toEqual({ text: '买入开仓 rb2605 2 手 @3147 已成交 1 手，还剩 1 手', kind: 'info', hasFee: false })

  const today = makeOrder('filled', 1, {}, { client_order_id: 'a', instruction_id: 'C:1', side: 'sell', offset: 'close_today', quantity: 1, origin: 'close_button' })
  const before = makeOrder('filled', 2, {}, { client_order_id: 'b', instruction_id: 'C:1', side: 'sell', offset: 'close_yesterday', origin: 'close_button' })
  expect(said(own, [today, before])).toEqual(['卖出平仓 rb2605 3 手 @3147 全部成交'])
})

test('what is refused says why, and what is taken back says how much of it was filled', () => {
  const own = begun()
  const refused = makeOrder('rejected', 0, { reason: '资金不足' })
  expect(own.hear([refused], false).map((course) => sayCourse(course, undefined))).toEqual([
    { text: '买入开仓 rb2605 2 手 @3150 被拒绝：资金不足', kind: 'error', hasFee: false },
  ])
  const back = { client_order_id: 'b', instruction_id: 'M:2' }
  expect(said(own, [makeOrder('cancelled', 0, {}, back)])).toEqual(['买入开仓 rb2605 2 手 @3150 已撤单，没有成交'])
  const rest = { client_order_id: 'c', instruction_id: 'M:3' }
  expect(said(own, [makeOrder('cancelled', 1, {}, rest)])).toEqual(['买入开仓 rb2605 2 手 @3147 成交 1 手，其余 1 手已撤'])
  expect(said(own, [makeOrder('cancelled', 0, {}, { client_order_id: 'd', instruction_id: 'M:4', price: null })])).toEqual(['买入开仓 rb2605 2 手 @市价 已撤单，没有成交'])
})

test('nothing is told twice, nothing of others, of plans, or of what was over before one came', () => {
  const own = new OwnOrders('li')
  expect(own.hear([makeOrder('filled', 2), makeOrder('partial', 1, {}, { client_order_id: 'live', instruction_id: 'M:7' })], true)).toEqual([])
  const over = makeOrder('filled', 2, {}, { client_order_id: 'live', instruction_id: 'M:7' })
  expect(own.hear([over], false)).toHaveLength(1)
  expect(own.hear([over], false)).toEqual([])
  expect(own.hear([{ ...over, version: over.version + 1 }], true)).toEqual([])
  const others = [makeOrder('filled', 2, {}, { client_order_id: 'x', actor: 'wang' }), makeOrder('filled', 2, {}, { client_order_id: 'y', origin: 'strategy' })]
  expect(own.hear(others, false)).toEqual([])
})

test('what was given while the line was cut is told from the snapshot after it', () => {
  const own = begun()
  own.hear([makeOrder('accepted', 0)], false)
  const meanwhile = makeOrder('filled', 2, {}, { client_order_id: 'm', instruction_id: 'M:9', ts_event: 60 })
  expect(said(own, [makeOrder('filled', 2), meanwhile], true)).toEqual(['买入开仓 rb2605 2 手 @3147 全部成交', '买入开仓 rb2605 2 手 @3147 全部成交'])
})

test('a wish that is asked for bit by bit is not all filled with its first order', () => {
  const own = begun()
  const line = { instrument_id: 'rb2605.SHFE', side: 'buy', quantity: 6, execution: { algorithm: 'twap' } }
  const instruction = { status: 'working', lines: [line] } as unknown as Instruction
  expect(said(own, [makeOrder('filled', 2)], false, instruction)).toEqual(['买入开仓 rb2605 6 手 @3147 已成交 2 手，还剩 4 手'])
  const next = makeOrder('cancelled', 1, {}, { client_order_id: 'M:1.0.2' })
  expect(said(own, [next], false, { ...instruction, status: 'cancelled' } as Instruction)).toEqual(['买入开仓 rb2605 6 手 @3147 成交 3 手，其余 3 手已撤'])
})
