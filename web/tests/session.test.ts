// A page whose market could not be read asks again by itself, until it has it.

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ApiError } from '../src/api/client'
import { messageOf, reload } from '../src/app/session'
import { learn } from '../src/app/rights'
import { instruments, loading } from '../src/state/market'
import { makeInstrument } from './builders'

function answered(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } })
}

beforeEach(() => {
  vi.useFakeTimers()
  learn({ market: [['*', '*']] })
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test('what could not be loaded is asked for again, and then no more', async () => {
  let isAway = true
  const asked = vi.fn(async (address: string) => {
    if (isAway) return answered(503, { error: { code: 'away', message: 'not now' } })
    return answered(200, address.endsWith('/instruments') ? [makeInstrument()] : [])
  })
  vi.stubGlobal('fetch', asked)
  await reload()
  expect(loading.value).toBe('failed')
  isAway = false
  await vi.advanceTimersByTimeAsync(6_000)
  expect(loading.value).toBe('ready')
  expect(instruments.value.size).toBe(1)
  const before = asked.mock.calls.length
  await vi.advanceTimersByTimeAsync(600_000)
  expect(asked.mock.calls.length).toBe(before)
})

test('a bus that is away is told in the words of the page; any other silence keeps what the server says was done', () => {
  expect(messageOf(new ApiError(503, 'transient', 'Redis is away, so trading cannot be asked; look again before you repeat it'))).toContain('（Redis）不可用')
  const silent = 'trading did not answer within 2 s; is it running? Nothing was done'
  expect(messageOf(new ApiError(503, 'transient', silent))).toBe(silent)
})
