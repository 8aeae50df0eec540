// The instruction book in the page: progress as the book itself counts it, who is offered which act, what is sent.
import { expect, test } from 'vitest'
import { bodyOf, EMPTY_FIELDS, faultOf } from '../src/book/act_form'
import { differencesOf, emptyLine, lookedUp } from '../src/book/draft'
import { BY_TRADER, fieldOf, formOf, handlingOf, isHandlingOk, nsOf } from '../src/book/handling'
import { isOfBook } from '../src/book/ids'
import { changeOf, progressOf } from '../src/book/progress'
import { actsOf, isIn } from '../src/book/workflow'
import { makeAdjustment, makeInstruction, makeSend, somebody, toldAdjustment } from './book_builders'

const manager = somebody('li.manager', 'view', 'instruct', 'approve')
const trader = somebody('wang.trader', 'view', 'trade')

test('a line wants the difference between what was held and what is to be held', () => {
  const line = makeAdjustment({ current_long: 3, current_short: 5, adjusted_position: -6 })
  expect([line.current_position, changeOf(line), line.quantity, line.side]).toEqual([-2, -4, 4, 'sell'])
})

test('slippage is money lost against the price of arrival, for buys and for sells', () => {
  const bought = makeAdjustment({ filled_quantity: 4, turnover: '12408', arrival_price: '3100' })
  expect([bought.average_price, bought.slippage, bought.slippage_ticks]).toEqual(['3102', '80', '2'])
  const sold = makeAdjustment({ adjusted_position: -10, filled_quantity: 4, turnover: '12408', arrival_price: '3100' })
  expect([sold.slippage, sold.slippage_ticks]).toEqual(['-80', '-2'])
})

test('nobody knows a slippage before the first fill, or without a price of arrival', () => {
  expect(makeAdjustment({ arrival_price: '3100' }).slippage).toBeNull()
  expect(makeAdjustment({ filled_quantity: 1, turnover: '3100' }).slippage).toBeNull()
})

test('an average that never ends is cut, not left out', () => {
  expect(makeAdjustment({ filled_quantity: 3, turnover: '10' }).average_price).toBe('3.33333333')
})

test('a line stands where its fills and sends put it', () => {
  const states = [
    makeAdjustment(),
    makeAdjustment({ working_quantity: 2 }),
    makeAdjustment({ working_quantity: 2, filled_quantity: 1 }),
    makeAdjustment({ filled_quantity: 10 }),
    makeAdjustment({ is_waived: true, filled_quantity: 1 }),
  ]
  expect(states.map((line) => line.status)).toEqual(['waiting', 'working', 'partly_done', 'done', 'waived'])
  expect(states.map((line) => line.left_quantity)).toEqual([10, 8, 7, 0, 0])
})

test('an instruction is the sum of its lines, and its slippage the sum of what is known', () => {
  const told = makeInstruction({
    adjustments: [
      toldAdjustment({ filled_quantity: 5, working_quantity: 5, turnover: '15510', arrival_price: '3100' }),
      toldAdjustment({ instrument_id: 'au2606.SHFE', adjusted_position: -10 }),
    ],
  })
  expect(progressOf(told)).toEqual({ quantity: 20, filled: 5, working: 5, percent: 25 })
  expect(told.slippage).toBe('100')
})

test('who wrote an instruction is not offered its approval', () => {
  const told = makeInstruction({ status: 'submitted' })
  expect(actsOf(told, manager)).toEqual(['amend', 'withdraw', 'reject'])
  expect(actsOf(told, somebody('zhao.risk', 'view', 'approve'))).toEqual(['approve', 'reject'])
})

test('an instruction meant for one trader is offered to no other', () => {
  const told = makeInstruction({ status: 'approved' })
  expect(actsOf(told, trader)).toContain('accept')
  expect(actsOf(told, somebody('sun.trader', 'trade'))).not.toContain('accept')
  expect(actsOf(makeInstruction({ status: 'approved', trader: '' }), somebody('sun.trader', 'trade'))).toContain('accept')
})

test('what has nothing left is not sent, and what does not run is not stopped', () => {
  expect(actsOf(makeInstruction(), trader)).toEqual(['decline', 'reassign', 'send', 'fill'])
  const sent = makeInstruction({ status: 'working', adjustments: [toldAdjustment({ working_quantity: 10 })], lines: [makeSend()] })
  expect(actsOf(sent, trader)).toEqual(['reassign', 'stop', 'fill', 'close'])
  const stopped = makeInstruction({ status: 'working', lines: [makeSend({ working_quantity: 0 }, true)] })
  expect(actsOf(stopped, trader)).toContain('resume')
  expect(actsOf(stopped, trader)).not.toContain('stop')
})

test('each sees in their lists what waits for them', () => {
  const submitted = makeInstruction({ status: 'submitted' })
  expect(isIn('to_approve', submitted, manager)).toBe(false)
  expect(isIn('to_approve', submitted, somebody('zhao.risk', 'approve'))).toBe(true)
  expect(isIn('to_accept', makeInstruction({ status: 'approved' }), trader)).toBe(true)
  expect(isIn('mine', submitted, manager)).toBe(true)
  expect(isIn('open', makeInstruction({ status: 'rejected' }), manager)).toBe(false)
})

test('a send names lots that are left, and a price only where one is wanted', () => {
  const fields = { ...EMPTY_FIELDS, quantity: 4 }
  expect(faultOf('send', fields, 10)).toBeNull()
  expect(faultOf('send', { ...fields, quantity: 11 }, 10)).toBe('quantity')
  expect(faultOf('send', { ...fields, quantity: 1.5 }, 10)).toBe('quantity')
  expect(faultOf('send', { ...fields, limitPrice: '-1' }, 10)).toBe('price')
  expect(bodyOf('send', fields, 2)).toEqual({ reason: '', adjustment: 2, quantity: 4, execution: { algorithm: 'direct', limit_price: null } })
  expect(bodyOf('send', { ...fields, algorithm: 'twap', limitPrice: '3100' }, 0)['execution']).toEqual({ algorithm: 'twap', limit_price: '3100', duration_s: 300, slices: 10 })
})

test('a rejection needs a reason, a fill made elsewhere what was confirmed', () => {
  expect(faultOf('reject', EMPTY_FIELDS, 0)).toBe('reason')
  expect(faultOf('fill', { ...EMPTY_FIELDS, price: '3100' }, 0)).toBe('tradeId')
  expect(bodyOf('fill', { ...EMPTY_FIELDS, tradeId: ' T1 ', price: '3100.0', quantity: 2 }, 1)).toEqual({
    reason: '', adjustment: 1, trade_id: 'T1', quantity: 2, price: '3100.0', offset: 'open', is_booked: false,
  })
})

test('stopping all names no send, stopping one names it', () => {
  expect(bodyOf('stop', EMPTY_FIELDS, null)).toEqual({ reason: '' })
  expect(bodyOf('stop', EMPTY_FIELDS, 3)).toEqual({ reason: '', send: 3 })
})

test('moments are China\'s, wherever the reader sits', () => {
  expect(nsOf('2026-11-22T14:30')).toBe(Date.UTC(2026, 10, 22, 6, 30) * 1e6)
  expect(fieldOf(nsOf('2026-11-22T14:30'))).toBe('2026-11-22T14:30')
  expect([nsOf(''), nsOf('soon'), fieldOf(0)]).toEqual([0, 0, ''])
})

test('how the platform is to work an instruction survives the form', () => {
  expect(handlingOf(BY_TRADER)).toBeNull()
  const form = { ...BY_TRADER, isAutomatic: true, algorithm: 'vwap' as const, participation: '12.5', most: 20, begins: '2026-11-22T09:30', ends: '2026-11-22T10:30' }
  const handling = handlingOf(form)
  expect(handling?.participation).toBe('0.125')
  expect(handling?.execution).toEqual({ algorithm: 'vwap', duration_s: 300, slices: 10 })
  expect(formOf(handling)).toEqual(form)
})

test('an end before the beginning, or a part above the whole, is no way to work', () => {
  const form = { ...BY_TRADER, isAutomatic: true }
  expect(isHandlingOk(form)).toBe(true)
  expect(isHandlingOk({ ...form, begins: '2026-11-22T10:30', ends: '2026-11-22T09:30' })).toBe(false)
  expect(isHandlingOk({ ...form, participation: '101' })).toBe(false)
  expect(isHandlingOk({ ...form, participation: 'half' })).toBe(false)
})

test('what somebody else changed is shown contract by contract', () => {
  const before = makeInstruction({ adjustments: [toldAdjustment(), toldAdjustment({ instrument_id: 'au2606.SHFE', adjusted_position: 2 })] })
  const after = makeInstruction({ adjustments: [toldAdjustment({ adjusted_position: 8 }), toldAdjustment({ instrument_id: 'ag2606.SHFE', adjusted_position: 1 })] })
  expect(differencesOf(before, after)).toEqual([
    { instrumentId: 'rb2605.SHFE', before: 10, after: 8 },
    { instrumentId: 'au2606.SHFE', before: 2, after: null },
    { instrumentId: 'ag2606.SHFE', before: null, after: 1 },
  ])
})

test('instructions of the book are known by their ids', () => {
  expect(['B000001', 'M:0.35', 'P:x', 'B', 'Bx1'].map(isOfBook)).toEqual([true, false, false, false, false])
})

test('a contract that was written before the contracts came is looked up when they come', () => {
  const lines = [emptyLine({ typed: 'rb2605', value: '3' }), emptyLine({ typed: 'nothing' }), emptyLine({ instrumentId: 'au2606.SHFE', typed: 'rb2605' })]
  expect(lookedUp(lines, () => undefined)).toBe(lines)
  const found = lookedUp(lines, (text) => (text === 'rb2605' ? 'rb2605.SHFE' : undefined))
  expect(found.map((line) => [line.key, line.instrumentId, line.value])).toEqual([
    [lines[0]!.key, 'rb2605.SHFE', '3'],
    [lines[1]!.key, '', ''],
    [lines[2]!.key, 'au2606.SHFE', ''],
  ])
})
