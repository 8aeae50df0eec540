// Which quotes the page asks for as somebody comes to the grid and goes from it.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Wish } from '@tradewind/client'

const asked: Wish[] = []
vi.mock('../src/transport/feed', async (original) => ({ ...(await original<object>()), wish: (wanted: Wish) => asked.push(wanted) }))
const { followSlowly, followSlowlySoon, wishQuotes } = await import('../src/state/market')

const VISIBLE: Wish = { topic: 'quotes', mode: 'latest', interval_ms: 50, instruments: ['rb2605.SHFE'] }
const ALL: Wish = { topic: 'quotes', mode: 'latest', interval_ms: 1000 }

beforeEach(() => {
  vi.useFakeTimers()
  asked.length = 0
})

afterEach(() => {
  vi.useRealTimers()
})

test('the page behind the grid is shown before all quotes are asked for', () => {
  wishQuotes(VISIBLE)
  followSlowlySoon()
  vi.advanceTimersByTime(900)
  expect(asked).toEqual([VISIBLE])
  vi.advanceTimersByTime(200)
  expect(asked).toEqual([VISIBLE, ALL])
})

test('who comes to another grid meanwhile is asked for what that shows', () => {
  followSlowlySoon()
  wishQuotes(VISIBLE)
  vi.advanceTimersByTime(5000)
  expect(asked).toEqual([VISIBLE])
})

test('leaving twice asks once', () => {
  followSlowlySoon()
  followSlowlySoon()
  followSlowly()
  vi.advanceTimersByTime(5000)
  expect(asked).toEqual([ALL])
})
