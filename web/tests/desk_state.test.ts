// What the trading pages know and count: versions, rows and sums, tickets, plans, records, words.
import { expect, test } from 'vitest'
import { daysCurve, todayCurve } from '../src/chart/equity_model'
import { plain } from '../src/desk/exact'
import { Keyed } from '../src/desk/keyed'
import { changesOf, faultsOf, isPlanName, namesOf, PLAN_DEFAULTS, paramsOf } from '../src/desk/plan_form'
import { statsOf } from '../src/desk/plan_stats'
import { balanceOf, rowsOf, totalsOf } from '../src/desk/positions'
import { conditionsOf, csvAddress, NO_FILTER, pageAddress, stagesOf } from '../src/desk/records'
import { faultOf, isOnTick, step, wishOf, type Ticket } from '../src/desk/ticket'
import { pastTrigger } from '../src/desk/triggers'
import type { Account, PlanParams, Position, Trigger } from '../src/desk/types'
import { quantityName, refusalsOf, sayBook, sayCount, sayReasons, sayRefusal } from '../src/desk/words'
import type { Instrument } from '../src/api/types'
import { makeInstrument } from './builders'

function makePosition(changes: Partial<Position> = {}): Position {
  return {
    account_id: 'paper',
    book: '',
    instrument_id: 'rb2605.SHFE',
    direction: 'short',
    today: 3,
    yesterday: 2,
    frozen_today: 1,
    frozen_yesterday: 0,
    open_cost: '157100',
    position_cost: '157200',
    margin: '25136.10',
    last_price: '3149',
    position_pnl: '-350.1',
    floating_pnl: '-250.2',
    contract_multiplier: 10,
    opened_at: 0,
    version: 1,
    ts_event: 0,
    ...changes,
  }
}

const ACCOUNT: Account = {
  account_id: 'paper',
  book: '',
  currency: 'CNY',
  trading_day: 20261122,
  pre_balance: '0',
  deposit: '1000000',
  withdraw: '10.5',
  close_pnl: '350.0',
  close_pnl_by_trade: '350.0',
  position_pnl: '-7560.00',
  floating_pnl: '-7560.00',
  premium: '0',
  commission: '163.9965700',
  margin: '1',
  frozen_margin: '0',
  frozen_commission: '0',
  frozen_cash: '0',
  balance: '0',
  available: '0',
  version: 1,
  ts_event: 0,
}

const TICKET: Ticket = { side: 'buy', intent: 'auto', quantity: 2, priceKind: 'limit', price: '949.76', algorithm: 'direct', timeInForce: 'day', durationS: 60, slices: 6, display: 1 }
const GOLD = makeInstrument()

test('the newer version of a thing stands, and a flat position is gone', () => {
  const store = new Keyed<Position>({ idOf: (p) => p.instrument_id, isGone: (p) => p.today + p.yesterday === 0 })
  store.add([makePosition({ version: 3, position_pnl: '1' })])
  store.add([makePosition({ version: 2, position_pnl: '2' })])
  expect(store.items.value.map((p) => p.position_pnl)).toEqual(['1'])
  store.add([makePosition({ version: 3, position_pnl: '4' })])
  expect(store.items.value.map((p) => p.position_pnl)).toEqual(['4'])
  store.add([makePosition({ version: 4, today: 0, yesterday: 0 })])
  expect(store.items.value).toEqual([])
})

test('what a snapshot lacks is gone, and a stream keeps its newest only', () => {
  const store = new Keyed<{ version: number; id: string; at: number }>({ idOf: (x) => x.id, most: 2, timeOf: (x) => x.at })
  store.add([1, 3, 2].map((at) => ({ version: 1, id: String(at), at })))
  expect(store.items.value.map((x) => x.id).toSorted()).toEqual(['2', '3'])
  store.replace([{ version: 1, id: '9', at: 9 }])
  expect(store.items.value.map((x) => x.id)).toEqual(['9'])
})

test('a row tells both average prices and what may be closed', () => {
  const [row] = rowsOf([makePosition(), makePosition({ book: '/' })], 'paper', '', () => 0)
  expect([row?.quantity, row?.frozen, row?.closable]).toEqual([5, 1, 4])
  expect([row?.openPrice, row?.holdingPrice].map((price) => plain(price!))).toEqual(['3142.0', '3144.0'])
})

test('sums of a table are exact', () => {
  const totals = totalsOf(rowsOf([makePosition(), makePosition({ direction: 'long' })], 'paper', '', () => 0))
  expect([plain(totals.daily), plain(totals.trade), plain(totals.margin), totals.quantity]).toEqual(['-700.2', '-500.4', '50272.20', 10])
})

test('the terms of a balance add up to the last digit', () => {
  expect(plain(balanceOf(ACCOUNT))).toBe('992615.5034300')
})

test('books are named, and what is nobody’s is said to be', () => {
  expect(['', '/', '/gold', 'fund/', 'fund/gold'].map(sayBook)).toEqual(['全部（账户）', '未分配', 'gold', 'fund', 'fund / gold'])
})

test('a price off its step is seen before it is sent', () => {
  expect([isOnTick('949.76', GOLD), isOnTick('949.77', GOLD), isOnTick('949.7600', GOLD)]).toEqual([true, false, true])
  expect(faultOf({ ...TICKET, price: '949.77' }, GOLD)).toBe('tick')
})

test.each<[Partial<Ticket>, string | null]>([
  [{}, null],
  [{ quantity: 0 }, 'quantity'],
  [{ quantity: 1.5 }, 'quantity'],
  [{ price: '' }, 'price'],
  [{ price: '-1' }, 'price'],
  [{ price: '', priceKind: 'market' }, null],
  [{ algorithm: 'twap', durationS: 0 }, 'duration'],
  [{ algorithm: 'vwap', slices: 0 }, 'slices'],
  [{ algorithm: 'iceberg', display: 3 }, 'display'],
])('a ticket with %j is at fault by %s', (changes, fault) => {
  expect(faultOf({ ...TICKET, ...changes }, GOLD)).toBe(fault)
})

test.each<[Partial<Instrument>, Partial<Ticket>, string | null]>([
  [{ board_lot: 100 }, { quantity: 150 }, 'boardLot'],
  [{ board_lot: 100 }, { quantity: 200 }, null],
  [{ board_lot: 100 }, { quantity: 150, side: 'sell' }, null],
  [{ board_lot: 200, product_id: 'STAR' }, { quantity: 199 }, 'boardLeast'],
  [{ board_lot: 200, product_id: 'STAR' }, { quantity: 201 }, null],
  [{ board_lot: null }, { quantity: 7 }, null],
])('of shares with %j a ticket with %j is at fault by %s', (facts, changes, fault) => {
  const share = makeInstrument({ price_tick: 0.01, ...facts })
  expect(faultOf({ ...TICKET, side: 'buy', price: '10.00', ...changes }, share)).toBe(fault)
})

test('quantities count lots, shares or money', () => {
  expect(['au2604.SHFE', '600519.SSE', '00700.HK', 'USDCNY.FX'].map((id) => sayCount(3, id))).toEqual(['3 手', '3 股', '3 股', '3 单位'])
  expect(['au2604.SHFE', 'TSLA.US', 'USDCNY.FX'].map(quantityName)).toEqual(['手数', '股数', '数量'])
})

test('price steps are the contract’s and exact', () => {
  expect([step('949.76', 1, '', GOLD), step('949.76', -1, '', GOLD), step('', 1, '950.00', GOLD)]).toEqual(['949.78', '949.74', '950.02'])
})

test('a wish carries what its algorithm uses and nothing else', () => {
  expect(wishOf(TICKET, 'paper', 'au2604.SHFE')).toEqual({
    account_id: 'paper',
    lines: [{ instrument_id: 'au2604.SHFE', side: 'buy', quantity: 2, intent: 'auto', execution: { algorithm: 'direct', limit_price: '949.76', time_in_force: 'day' } }],
  })
  const twap = wishOf({ ...TICKET, algorithm: 'twap', priceKind: 'market' }, 'paper', 'x')
  expect((twap['lines'] as { execution: unknown }[])[0]?.execution).toEqual({ algorithm: 'twap', duration_s: 60, slices: 6 })
})

test('a filter becomes conditions, and the file holds what the page shows', () => {
  const where = conditionsOf({ ...NO_FILTER, instrument: ' au ', side: 'buy', status: 'filled', from: '2026-11-22', to: 'x' }, 'orders')
  expect(where.map((each) => [each.column, each.test, each.value])).toEqual([
    ['instrument_id', 'begins', 'au'],
    ['side', 'is', 'buy'],
    ['status', 'is', 'filled'],
    ['trading_day', 'at_least', 20261122],
  ])
  expect(conditionsOf({ ...NO_FILTER, side: 'sell', status: 'filled' }, 'trades').map((each) => each.column)).toEqual(['direction'])
  const ask = { view: 'trades', search: 'a&b', sort: 'price', isDescending: false, after: 'k' }
  expect(pageAddress(ask)).toBe('/api/v1/records/trades?search=a%26b&sort=price&order=asc&after=k&limit=50')
  expect(csvAddress(ask)).toBe('/api/v1/records/trades/csv?search=a%26b&sort=price&order=asc')
})

test('the journal becomes an order’s timeline, and what cannot be read is passed over', () => {
  const rows = [
    { kind: 'order_requests', ts: 1, payload: '{}' },
    { kind: 'orders', ts: 2, payload: '{"status":"filled","filled_quantity":2}' },
    { kind: 'orders', ts: 3, payload: 'broken' },
  ]
  expect(stagesOf(rows).map((stage) => [stage.kind, stage.status, stage.filled])).toEqual([
    ['order_requests', '', 0],
    ['orders', 'filled', 2],
  ])
})

test('a refusal is said in words with its limit and what was', () => {
  expect(sayRefusal({ rule: 'funds', code: 'INSUFFICIENT_FUNDS', scope: 'account:paper', limit: '410458.7598700000', actual: '2497576.0000' })).toBe(
    '可用资金不足以支付保证金和手续费（账户 paper）：限额 410,458.7599，实际 2,497,576',
  )
  expect(sayRefusal({ rule: 'expiry', code: 'EXPIRED', scope: 'instrument:fu2603.SHFE', limit: '20260227', actual: '20261122' })).toContain('限额 20260227，实际 20261122')
})

test('a record’s line of refusals is read back as what it was made from', () => {
  const reason = 'fat_finger (instrument:cu2604.SHFE): limit 200, was 500; exposure (account:paper): limit 200000000, was 219899690.00'
  expect(refusalsOf('ORDER_QUANTITY', reason).map((each) => [each.rule, each.code, each.limit, each.actual])).toEqual([
    ['fat_finger', 'ORDER_QUANTITY', '200', '500'],
    ['exposure', '', '200000000', '219899690.00'],
  ])
  expect(sayReasons('ORDER_QUANTITY', reason)[1]).toBe('敞口（账户 paper）：限额 200,000,000，实际 219,899,690')
  expect(sayReasons('', '')).toEqual([])
})

test('the form refuses what the desk would refuse', () => {
  expect(faultsOf(PLAN_DEFAULTS)).toEqual([])
  expect(faultsOf({ ...PLAN_DEFAULTS, lots: 0, min_confidence: 1.2, sides: 'up' })).toEqual(['sides', 'min_confidence', 'lots'])
  expect(faultsOf({ ...PLAN_DEFAULTS, sizing: 'margin', lots: 0, share: '0' })).toEqual(['share'])
  expect([isPlanName('gold-1'), isPlanName(''), isPlanName('a/b'), isPlanName('名')]).toEqual([true, false, false, false])
  expect(namesOf('au.SHFE， rb2605.SHFE;au.SHFE')).toEqual(['au.SHFE', 'rb2605.SHFE'])
  expect(paramsOf({ ...PLAN_DEFAULTS, share: 0.05 })['share']).toBe('0.05')
})

test('what the next start changes is named', () => {
  const params = { ...PLAN_DEFAULTS, account_id: 'paper' } as unknown as PlanParams
  expect(changesOf(params, { ...params, lots: 2, strategies: [] })).toEqual(['lots'])
})

function of(action: string, result: string, strategy = 'gold'): Pick<Trigger, 'strategy' | 'action' | 'result'> {
  return { strategy, action, result }
}

test('triggers are counted by action and result, and only what ended has a rate', () => {
  const [gold, idle] = statsOf([of('buy', 'success'), of('buy', 'failed'), of('close', 'success'), of('buy', 'pending'), of('buy', 'pending', 'idle')])
  expect([gold?.total, gold?.success, gold?.failed, gold?.pending, gold?.rate]).toEqual([4, 2, 1, 1, 2 / 3])
  expect(gold?.byAction['buy']).toEqual({ success: 1, failed: 1, pending: 1 })
  expect(idle?.rate).toBeNull()
})

test('a trigger on record is told as the desk tells it', () => {
  const row = { id: 4, strategy_name: 'gold', trigger_time: '2026-11-21T19:11:55Z', trigger_condition: 'c', trigger_price: null, action_type: 'buy', execution_result: 'failed', order_id: 'o', error_message: 'EXPIRED', trigger_id: 't', instrument_id: 'i', cause: 'x', version: 2 }
  expect(pastTrigger(row)).toMatchObject({ trigger_id: 't', strategy: 'gold', action: 'buy', result: 'failed', error: 'EXPIRED', price: null, ts_event: Date.parse('2026-11-21T19:11:55Z') * 1e6 })
})

test('a curve ends with this moment, by the minute or by the day', () => {
  const sample = { ts: Date.parse('2026-11-21T19:11:00Z') * 1e6, trading_day: 20261122, balance: '10', available: '0', margin: '0' }
  const before = { ...sample, trading_day: 20261121 }
  expect(todayCurve([before, sample], '11', Date.parse('2026-11-21T19:12:30Z')).map((p) => [p.label, p.text, p.ms])).toEqual([
    ['03:11', '10', sample.ts / 1e6],
    ['03:12', '11', Date.parse('2026-11-21T19:12:30Z')],
  ])
  expect(daysCurve([{ trading_day: 20261120, balance: '9' }], 20261122, '11').map((p) => p.label)).toEqual(['2026-11-20', '2026-11-22'])
})
