import { expect, test } from 'vitest'
import type { Row, ServerFrame } from '../src/messages'
import { Subscriptions } from '../src/subscriptions'

function rows(...names: number[]): Row[] {
  return names.map((n) => ({ n }))
}

function subscribed(id: number, offset: number, recovered = false): ServerFrame {
  return { type: 'subscribed', id, topic: 'signals', epoch: 'e1', offset, recovered, mode: 'every' }
}

function delta(offset: number, data: Row[]): ServerFrame {
  return { type: 'delta', topic: 'signals', offset, data }
}

function standing(): Subscriptions {
  const wanted = new Subscriptions()
  const { id } = wanted.want({ topic: 'signals', mode: 'every' })
  wanted.receive(subscribed(id, 10))
  wanted.receive({ type: 'snapshot', topic: 'signals', epoch: 'e1', offset: 10, data: [] })
  return wanted
}

test('events in order are applied and move the offset', () => {
  const wanted = standing()
  expect(wanted.receive(delta(12, rows(11, 12))).update?.rows).toEqual(rows(11, 12))
  expect(wanted.positionOf('signals')).toEqual({ epoch: 'e1', offset: 12 })
})

test('an event seen before is dropped', () => {
  const wanted = standing()
  wanted.receive(delta(12, rows(11, 12)))
  expect(wanted.receive(delta(12, rows(11, 12)))).toEqual({})
})

test('of a delta that overlaps only the new tail is applied', () => {
  const wanted = standing()
  wanted.receive(delta(12, rows(11, 12)))
  expect(wanted.receive(delta(14, rows(11, 12, 13, 14))).update?.rows).toEqual(rows(13, 14))
})

test('a hole makes the page ask again from where it stands and wait for the answer', () => {
  const wanted = standing()
  const verdict = wanted.receive(delta(15, rows(14, 15)))
  expect(verdict.gap).toEqual({ topic: 'signals', expected: 11, got: 14 })
  expect(verdict.ask?.resume).toEqual({ epoch: 'e1', offset: 10 })
  expect(wanted.receive(delta(16, rows(16)))).toEqual({})
  wanted.receive(subscribed(verdict.ask!.id, 10, true))
  expect(wanted.receive(delta(16, rows(11, 12, 13, 14, 15, 16))).update?.rows).toHaveLength(6)
})

test('with a selection of instruments skipped offsets are no hole', () => {
  const wanted = new Subscriptions()
  const { id } = wanted.want({ topic: 'bars', mode: 'every', instruments: ['a'] })
  wanted.receive({ type: 'subscribed', id, topic: 'bars', epoch: 'e1', offset: 3, recovered: false, mode: 'every' })
  const verdict = wanted.receive({ type: 'delta', topic: 'bars', offset: 9, data: rows(9) })
  expect(verdict.update?.rows).toEqual(rows(9))
  expect(verdict.ask).toBeUndefined()
})

test('after a reconnect each topic resumes from its last offset', () => {
  const wanted = standing()
  wanted.receive(delta(11, rows(11)))
  expect(wanted.restore(true)[0]!.resume).toEqual({ epoch: 'e1', offset: 11 })
})

test('what was missed begins after our offset, even if the answer names the newest one', () => {
  const wanted = standing()
  const [command] = wanted.restore(true)
  wanted.receive(subscribed(command!.id, 13, true))
  expect(wanted.receive(delta(13, rows(11, 12, 13))).update?.rows).toHaveLength(3)
})

test('where the offset may not be kept a fresh start is asked for', () => {
  expect(standing().restore(false)[0]!.resume).toBeUndefined()
})

test('a snapshot replaces everything and a new epoch is taken over', () => {
  const wanted = standing()
  const verdict = wanted.receive({ type: 'snapshot', topic: 'signals', epoch: 'e2', offset: 2, data: rows(1, 2) })
  expect(verdict.update).toEqual({ topic: 'signals', isWhole: true, rows: rows(1, 2) })
  expect(wanted.positionOf('signals')).toEqual({ epoch: 'e2', offset: 2 })
})

test('a reset moves the offset without a gap', () => {
  const wanted = standing()
  wanted.receive({ type: 'reset', topic: 'signals', epoch: 'e1', offset: 40, reason: 'slow' })
  expect(wanted.receive(delta(41, rows(41))).update?.rows).toEqual(rows(41))
})

test('a hidden page asks for latest values once a second and no slower than it wished', () => {
  const wanted = standing()
  wanted.want({ topic: 'quotes', mode: 'latest', interval_ms: 50 })
  expect(wanted.hide(true).map((c) => [c.topic, c.interval_ms])).toEqual([['quotes', 1000]])
  expect(wanted.hide(true)).toEqual([])
  expect(wanted.hide(false)[0]!.interval_ms).toBe(50)
})

test('a topic nobody wants any more is not applied', () => {
  const wanted = standing()
  expect(wanted.drop('signals')).toMatchObject({ op: 'unsubscribe', topic: 'signals' })
  expect(wanted.drop('signals')).toBeNull()
  expect(wanted.receive(delta(11, rows(11)))).toEqual({})
})

test('another selection starts afresh, the same one resumes', () => {
  const wanted = new Subscriptions()
  const { id } = wanted.want({ topic: 'bars', mode: 'every', instruments: ['a'] })
  wanted.receive({ type: 'subscribed', id, topic: 'bars', epoch: 'e1', offset: 3, recovered: false, mode: 'every' })
  expect(wanted.want({ topic: 'bars', mode: 'every', instruments: ['a'] }).resume).toEqual({ epoch: 'e1', offset: 3 })
  expect(wanted.want({ topic: 'bars', mode: 'every', instruments: ['b'] }).resume).toBeUndefined()
})

test('a refused subscription does not leave its topic deaf', () => {
  const wanted = standing()
  const { id } = wanted.want({ topic: 'signals', mode: 'every' })
  wanted.refuse(id)
  expect(wanted.receive(delta(11, rows(11))).update?.rows).toEqual(rows(11))
})

test('a topic that begins anew unasked, under other rights, counts from its new place', () => {
  const wanted = standing()
  wanted.receive({ type: 'subscribed', id: null, topic: 'signals', epoch: 'e1.p.7', offset: 3, recovered: false, mode: 'every' })
  wanted.receive({ type: 'snapshot', topic: 'signals', epoch: 'e1.p.7', offset: 3, data: rows(1, 2, 3) })
  const verdict = wanted.receive(delta(4, rows(4)))
  expect(verdict.gap).toBeUndefined()
  expect(verdict.update?.rows).toEqual(rows(4))
  expect(wanted.positionOf('signals')).toEqual({ epoch: 'e1.p.7', offset: 4 })
})
