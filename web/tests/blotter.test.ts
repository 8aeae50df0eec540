// The trader's blotter: what stands in it and in which order, what keys do, what can be done to many at once.
import { expect, test } from 'vitest'
import { bulkOf, COMMANDS, commandOf, KEYS, moved, rowsOf } from '../src/book/blotter'
import { makeInstruction, somebody, toldAdjustment } from './book_builders'

const trader = somebody('wang.trader', 'trade')
const all = { text: '', isMine: false }
const plain = { ctrlKey: false, metaKey: false, altKey: false }

const two = [toldAdjustment(), toldAdjustment({ instrument_id: 'au2606.SHFE', adjusted_position: -2, filled_quantity: 2 })]
const waiting = makeInstruction({ instruction_id: 'B000003', status: 'approved', trader: '', created_at: 3 })
const taken = makeInstruction({ instruction_id: 'B000002', adjustments: two, created_at: 2 })
const working = makeInstruction({ instruction_id: 'B000001', status: 'working', created_at: 1 })

test('what waits to be taken comes first, then what waits to be sent, then what is under way', () => {
  const rows = rowsOf([working, taken, waiting, makeInstruction({ instruction_id: 'B000004', status: 'submitted' })], trader, all)
  expect(rows.map((row) => row.key)).toEqual(['B000003 0', 'B000002 0', 'B000002 1', 'B000001 0'])
})

test('somebody else\'s instructions can be left out, and lines be looked for', () => {
  const others = makeInstruction({ instruction_id: 'B000005', trader: 'sun.trader' })
  expect(rowsOf([others, waiting], trader, { text: '', isMine: true }).map((row) => row.key)).toEqual(['B000003 0'])
  expect(rowsOf([taken], trader, { text: 'AU2606', isMine: false }).map((row) => row.key)).toEqual(['B000002 1'])
})

test('no key means two things', () => {
  const keys = COMMANDS.flatMap((command) => KEYS[command])
  expect(new Set(keys).size).toBe(keys.length)
})

test('keys with a modifier are left to the browser, capitals are not', () => {
  expect(commandOf({ ...plain, key: 's' })).toBe('send')
  expect(commandOf({ ...plain, key: 'S' })).toBe('send')
  expect(commandOf({ ...plain, key: 's', ctrlKey: true })).toBeNull()
  expect(commandOf({ ...plain, key: 'q' })).toBeNull()
})

test('the cursor stops at both ends and begins at the first line', () => {
  const rows = rowsOf([waiting, taken], trader, all)
  expect(moved(rows, '', 'down')).toBe('B000003 0')
  expect(moved(rows, 'B000003 0', 'up')).toBe('B000003 0')
  expect(moved(rows, 'B000003 0', 'last')).toBe('B000002 1')
  expect(moved(rows, 'B000002 1', 'down')).toBe('B000002 1')
  expect(moved([], 'B000002 1', 'down')).toBe('')
})

test('of many marked lines those are sent that have something left, all of it', () => {
  const items = bulkOf('send', rowsOf([waiting, taken], trader, all), trader)
  expect(items.map(({ key, at, quantity }) => [key, at, quantity])).toEqual([['B000002 0', 0, 10]])
})

test('an instruction marked by several of its lines is taken once', () => {
  const offered = makeInstruction({ status: 'approved', adjustments: two })
  expect(bulkOf('accept', rowsOf([offered], trader, all), trader).map((item) => item.key)).toEqual(['B000001'])
})
