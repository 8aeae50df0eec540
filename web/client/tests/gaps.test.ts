// Whatever may have been missed of an `every` topic is told, and nothing else is.
import { expect, test } from 'vitest'
import type { ServerFrame, Wish } from '../src/messages'
import { Subscriptions } from '../src/subscriptions'

const HEARD = { epoch: 'e1', offset: 10 }
const EVERY: Wish = { topic: 'signals', mode: 'every' }

function subscribed(id: number | null, change: Partial<{ epoch: string; offset: number; recovered: boolean }> = {}): ServerFrame {
  return { type: 'subscribed', id, topic: 'signals', epoch: 'e1', offset: 10, recovered: false, mode: 'every', ...change }
}

function standing(): Subscriptions {
  const wanted = new Subscriptions()
  wanted.receive(subscribed(wanted.want(EVERY).id))
  return wanted
}

test('a first subscription has missed nothing', () => {
  const wanted = new Subscriptions()
  expect(wanted.receive(subscribed(wanted.want(EVERY).id)).missed).toBeUndefined()
})

test('a resume that succeeds has missed nothing', () => {
  const wanted = standing()
  const [again] = wanted.restore(true)
  expect(again).toMatchObject({ resume: HEARD })
  expect(wanted.receive(subscribed(again!.id, { offset: 14, recovered: true })).missed).toBeUndefined()
  expect(wanted.positionOf('signals')).toEqual(HEARD)
})

test('a resume that the server cannot do is told with the position it began at', () => {
  const wanted = standing()
  const [again] = wanted.restore(true)
  const verdict = wanted.receive(subscribed(again!.id, { epoch: 'e2', offset: 3 }))
  expect(verdict.missed).toEqual({ topic: 'signals', reason: 'not_resumed', after: HEARD })
})

test('where no offset counts any more none is sent, and what was missed is told all the same', () => {
  const wanted = standing()
  const [again] = wanted.restore(false)
  expect(again!.resume).toBeUndefined()
  expect(wanted.receive(subscribed(again!.id)).missed?.reason).toBe('not_resumed')
  expect(wanted.restore(true)[0]!.resume).toEqual(HEARD)
})

test('events the server no longer kept for a slow reader are told', () => {
  const wanted = standing()
  const reset: ServerFrame = { type: 'reset', topic: 'signals', epoch: 'e1', offset: 90, reason: 'too_slow' }
  expect(wanted.receive(reset).missed).toEqual({ topic: 'signals', reason: 'too_slow', after: HEARD })
})

test('a hole between two frames is told and asked for', () => {
  const verdict = standing().receive({ type: 'delta', topic: 'signals', offset: 13, data: [{ n: 13 }] })
  expect(verdict.missed).toEqual({ topic: 'signals', reason: 'hole', after: HEARD })
  expect(verdict.ask).toMatchObject({ op: 'subscribe', resume: HEARD })
})

test('a program begins where its earlier life left off', () => {
  const wanted = new Subscriptions()
  const first = wanted.want({ ...EVERY, resume: HEARD })
  expect(first.resume).toEqual(HEARD)
  expect(wanted.receive(subscribed(first.id, { epoch: 'e2' })).missed?.after).toEqual(HEARD)
})

test('what was heard since counts for more than where the program began', () => {
  const wanted = standing()
  expect(wanted.want({ ...EVERY, resume: { epoch: 'e0', offset: 1 } }).resume).toEqual(HEARD)
})

test('another selection of contracts begins anew and misses nothing', () => {
  const wanted = standing()
  const { id, resume } = wanted.want({ ...EVERY, instruments: ['au2604.SHFE'] })
  expect(resume).toBeUndefined()
  expect(wanted.receive(subscribed(id)).missed).toBeUndefined()
})
