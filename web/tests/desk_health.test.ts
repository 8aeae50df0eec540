// Whether the desk answers: a shut desk answers one question all the same, and that must not hide that it is shut.
import { beforeEach, expect, test } from 'vitest'
import { ApiError } from '../src/api/client'
import { now } from '../src/app/now'
import { isRecordAway, noteAnswer, noteFailure, trouble, unanswered } from '../src/desk/health'

const STATES = '/api/v1/trading-states'
const ORDERS = '/api/v1/orders'
const AWAY = new ApiError(503, 'transient', 'the trading desk is not open')

beforeEach(() => {
  noteAnswer('desk')
  noteAnswer('record')
})

test('a shut desk that tells its states is still shut, until it answers something else', () => {
  noteFailure('desk', AWAY, ORDERS)
  noteAnswer('desk', STATES)
  expect(unanswered.value).toBe(ORDERS)
  noteAnswer('desk', '/api/v1/plans')
  expect(unanswered.value).toBe('')
})

test('who only asks for states knows by them that the desk is back, and asks nothing else', () => {
  noteFailure('desk', AWAY, STATES)
  now.value = Date.now() + 5000
  expect(trouble.value?.why).toBe('the trading desk is not open')
  expect(unanswered.value).toBe('')
  noteAnswer('desk', STATES)
  expect(trouble.value).toBeNull()
})

test('a desk that is away altogether is asked again what it was asked, whichever failed last', () => {
  noteFailure('desk', AWAY, ORDERS)
  noteFailure('desk', AWAY, STATES)
  expect(unanswered.value).toBe(ORDERS)
})

test('trouble is told once it has lasted, from its beginning', () => {
  noteFailure('desk', AWAY, ORDERS)
  const began = Date.now()
  now.value = began
  expect(trouble.value).toBeNull()
  noteFailure('desk', AWAY, '/api/v1/plans')
  now.value = began + 2500
  expect(trouble.value?.since).toBeLessThanOrEqual(began)
})

test('a refusal says nothing about the desk, and an act that fails only that nothing is recorded', () => {
  noteFailure('desk', new ApiError(422, 'input', 'no such account'), ORDERS)
  expect(unanswered.value).toBe('')
  noteFailure('record', AWAY)
  expect([isRecordAway.value, unanswered.value]).toEqual([true, ''])
})
