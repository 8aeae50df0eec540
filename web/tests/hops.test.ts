import { describe, expect, test, vi } from 'vitest'

vi.mock('../src/transport/feed', () => ({ listen: () => () => true }))

import { arrivalOf, note } from '../src/money/arrivals'
import { durationOf, hopsOf, type Hop } from '../src/money/hops'
import type { Evidence } from '../src/money/history'

const T = 1e15
const TICK = { seq: 1, ts_event: T, ts_recv: T + 4e6, last_price: 10, bid_price: null, ask_price: 11, volume: 3 }
const OLD: Evidence = { heard_at: T + 5e6, ticks: [TICK], features: null }
const TIMES = { ts_recv: T + 4e6, ts_told: 0, ts_features: 0, ts_heard: 0, ts_made: T + 4e6 + 250e3, ts_merged: T + 4e6 + 500e3, own_ns: 2000 }

function shown(hops: readonly Hop[]): string[] {
  return hops.map((hop) => [hop.id, hop.strategy ?? '', durationOf(hop)].filter((text) => text !== '').join(' '))
}

describe('the way of an opportunity', () => {
  test('of a record of before each hop is told by its newest tick, and another clock is no delay', () => {
    expect(shown(hopsOf(OLD, { pushedMs: null, arrivedMs: T / 1e6 + 9 }))).toEqual(['source 4.00 ms', 'line 1.00 ms', 'page 4.00 ms'])
    expect(hopsOf({ ...OLD, heard_at: 9e18 }, null).map((hop) => hop.id)).toEqual(['source'])
  })

  test('in one process the way to the answer is measured, and its parts are what they usually take', () => {
    const ways = [
      { strategy: 'rise', ts_event: T, times: TIMES },
      { strategy: 'macd', ts_event: T, times: { ...TIMES, ts_made: T + 4e6 + 300e3, ts_merged: T + 4e6 + 310e3, own_ns: 0 } },
    ]
    const hops = hopsOf({ ...OLD, ways, features_ns: 1100 }, { pushedMs: T / 1e6 + 5, arrivedMs: T / 1e6 + 7 })
    expect(shown(hops)).toEqual([
      'source 4.00 ms', 'answer rise 250 µs', 'features ≈ 1.1 µs', 'strategy rise ≈ 2.0 µs', 'merged rise 250 µs',
      'answer macd 300 µs', 'merged macd 10 µs', 'told 500 µs', 'whole 1.00 ms', 'pushed 500 µs', 'page 2.00 ms',
    ])
    expect(hops.filter((hop) => hop.mark === 'clocks').map((hop) => hop.id)).toEqual(['source', 'page'])
  })

  test('with the rooms apart each leg over the bus has its own time', () => {
    const times = { ...TIMES, ts_recv: T + 900e3, ts_told: T + 1e6, ts_features: T + 3e6, ts_heard: T + 4.2e6, ts_made: T + 4.5e6, ts_merged: T + 6e6 }
    const evidence = { ...OLD, heard_at: T + 8e6, ways: [{ strategy: 'rise', ts_event: T, times }] }
    expect(shown(hopsOf(evidence, null))).toEqual([
      'source 900 µs', 'cleaned < 1 ms', 'features 2 ms', 'read 1 ms', 'strategy rise 300 µs', 'merged rise 1.50 ms', 'told 2.00 ms', 'whole 7.10 ms',
    ])
  })

  test('a stamp of the bus that is cut off to before its cause is no time at all, an earlier one is told', () => {
    const times = { ...TIMES, ts_recv: T + 0.9e6, ts_told: T, ts_features: T, ts_heard: T + 1e6 }
    const told = (recv: number): Hop | undefined =>
      hopsOf({ ...OLD, ways: [{ strategy: 'rise', ts_event: T, times: { ...times, ts_recv: recv } }] }, null).find((hop) => hop.id === 'cleaned')
    expect(told(T + 0.9e6)?.ms).toBe(0)
    expect(told(T + 5e6)).toEqual({ id: 'cleaned', ms: -5, mark: 'clocks' })
  })

  test('a signal of which nobody knows when its tick came is told from its answer on', () => {
    const ways = [{ strategy: 'slow', ts_event: T, times: { ...TIMES, ts_recv: 0, own_ns: 0 } }]
    expect(shown(hopsOf({ ...OLD, ways }, null))).toEqual(['merged slow 250 µs', 'told 500 µs'])
  })
})

describe('when a page was told', () => {
  test('the first version counts, once, and nothing that was there before', () => {
    note([{ opportunity_id: 'before', version: 1, ts_pushed: 5e6 }], true, 9)
    note([{ opportunity_id: 'a', version: 1, ts_pushed: 5e6 }, { opportunity_id: 'b', version: 2, ts_pushed: 5e6 }], false, 9)
    note([{ opportunity_id: 'a', version: 1, ts_pushed: 7e6 }, { opportunity_id: 'plain', version: 1 }], false, 11)
    expect(arrivalOf('before')).toBeNull()
    expect(arrivalOf('a')).toEqual({ pushedMs: 5, arrivedMs: 9 })
    expect(arrivalOf('b')).toBeNull()
    expect(arrivalOf('plain')).toEqual({ pushedMs: null, arrivedMs: 11 })
  })
})
