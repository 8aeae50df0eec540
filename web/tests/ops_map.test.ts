// The map of services: what is drawn of a status, and whose an alert is.

import { expect, test } from 'vitest'
import type { SystemStatus } from '../src/api/types'
import { concerns, drawingOf, type Flow } from '../src/ops/map_model'
import { micros, perSecond, size } from '../src/ops/words'
import { changesOf } from '../src/desk/strategy_form'

function status(changes: Partial<SystemStatus> = {}): SystemStatus {
  return {
    version: '1',
    uptime_s: 1,
    memory_mb: 1,
    services: [
      { name: 'market', state: 'running', is_healthy: true },
      { name: 'features', state: 'waiting', is_healthy: false, restarts: 2 },
      { name: 'trading', state: 'running', is_healthy: true },
      { name: 'push', state: 'running', is_healthy: true },
    ],
    rates: { ticks_in: 40, ticks_clean: 39 },
    counters: {},
    gauges: { tradewind_push_clients: { native: 2, hsapi: 1 }, tradewind_bus_behind_seconds: { features: 7 } },
    line_latency: {},
    hops: [
      { topic: 'clean_ticks', room: 'features', count: 9, p50_us: 10, p99_us: 80 },
      { topic: 'clean_ticks', room: 'risk', count: 9, p50_us: 10, p99_us: 900 },
    ],
    ...changes,
  }
}

function of(changes: Partial<SystemStatus>, to: string): Flow | undefined {
  return drawingOf(status(changes)).flows.find((each) => each.to === to)
}

test('only what this installation runs is drawn, with what it stands between', () => {
  const ids = drawingOf(status()).parts.map((part) => part.id)
  expect(ids).toContain('source')
  expect(ids).toContain('clients')
  expect(ids).not.toContain('control')
  expect(ids).not.toContain('modules')
})

test('a flow has its rate and the time of the far end', () => {
  const flow = drawingOf(status()).flows.find((each) => each.to === 'features')
  expect(flow).toEqual({ from: 'market', to: 'features', perSecond: 39, p50Us: 10, p99Us: 80, behindS: 7 })
  expect(drawingOf(status({ gauges: {} })).flows.find((each) => each.to === 'features')?.behindS).toBeNull()
})

test('what is written to a store has its rate, and the market its own time where it is apart', () => {
  const latency = { line_latency: { count: 5, p50_us: 6, p99_us: 40 }, rates: { ticks_in: 40, ticks_recorded: 38, journal_entries: 3 } }
  const told = { ...latency, told_s: { market: 0.3 } }
  expect(of(told, 'recordings')?.perSecond).toBe(38)
  expect(of(told, 'database')?.perSecond).toBe(3)
  expect(of(told, 'market')).toMatchObject({ perSecond: 40, p50Us: 6, p99Us: 40, behindS: null })
  expect(of(latency, 'market')?.p99Us).toBeNull()
})

test('a part that is not well, is behind or has clients says so', () => {
  const parts = new Map(drawingOf(status()).parts.map((part) => [part.id, part]))
  expect(parts.get('features')?.health).toBe('bad')
  expect(parts.get('features')?.figures).toEqual([{ code: 'behind', value: 7 }])
  expect(parts.get('push')?.figures).toEqual([{ code: 'clients', value: 3 }])
})

test('an alert concerns the part that it names', () => {
  expect(concerns('market', { name: 'TradewindFeedMute', found: [] })).toBe(true)
  expect(concerns('push', { name: 'TradewindFeedMute', found: [] })).toBe(false)
  expect(concerns('push', { name: 'TradewindServiceDown', found: [{ instance: 'push', '': '0' }] })).toBe(true)
})

test('figures are short and say their unit', () => {
  expect([perSecond(0), perSecond(4.25), perSecond(1234), perSecond(null)]).toEqual(['0 /s', '4.3 /s', '1,234 /s', '—'])
  expect([micros(0.5), micros(80), micros(1600), micros(14_680)]).toEqual(['0.5 µs', '80 µs', '1.6 ms', '15 ms'])
  expect([size(512), size(2048), size(15 * 1024 * 1024)]).toEqual(['512 B', '2.0 kB', '15 MB'])
})

test('a form of parameters tells what differs, and what is no value', () => {
  const params = [
    { name: 'window', value: '60s', default: '60s', description: '' },
    { name: 'edge', value: 0.9, default: 0.9, description: '' },
    { name: 'is_quiet', value: false, default: false, description: '' },
  ]
  expect(changesOf(params, { window: '5m', edge: '0.9', is_quiet: 'true' })).toEqual({ changed: { window: '5m', is_quiet: true }, bad: '' })
  expect(changesOf(params, { window: '60s', edge: 'much', is_quiet: 'false' }).bad).toBe('edge')
})
