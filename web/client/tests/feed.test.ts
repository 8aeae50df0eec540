// The feed as a program uses it; its socket says what the server would.
import { afterEach, beforeEach, expect, expectTypeOf, test, vi } from 'vitest'
import { Feed, type Order, type Tick, type TopicName, type TopicRows } from '../src/index'
import { FakeSocket } from './fake_socket'

let sockets: FakeSocket[]
let feed: Feed

function newest(): FakeSocket {
  return sockets.at(-1)!
}

function opened(options: { isPersistent?: boolean } = {}): Feed {
  const made = new Feed('ws://desk/ws', {
    openSocket: () => {
      sockets.push(new FakeSocket())
      return newest()
    },
    ...options,
  })
  made.open()
  return made
}

function welcome(): void {
  newest().say({ type: 'welcome', protocol: 1, server: 'tradewind/x', epoch: 'e1', topics: [], heartbeat_s: 20 })
}

function begin(topic: TopicName, rows: unknown[] = [], offset = 0): void {
  const { id } = newest().sent.findLast((command) => command['topic'] === topic) as { id: number }
  newest().say({ type: 'subscribed', id, topic, epoch: 'e1', offset, recovered: false, mode: 'every' })
  newest().say({ type: 'snapshot', topic, epoch: 'e1', offset, data: rows })
}

beforeEach(() => {
  vi.useFakeTimers()
  sockets = []
  feed = opened()
})

afterEach(() => {
  feed.close()
  vi.useRealTimers()
})

test('every topic has rows of its own type', () => {
  expectTypeOf<keyof TopicRows>().toEqualTypeOf<TopicName>()
  feed.on('quotes', (rows) => expectTypeOf(rows).toEqualTypeOf<readonly Tick[]>())
  feed.on('orders', (rows) => expectTypeOf(rows).toEqualTypeOf<readonly Order[]>())
})

test('values come as the newest and events one by one, if nothing else is asked for', () => {
  welcome()
  feed.subscribe({ topic: 'quotes', instruments: ['au2604.SHFE'], interval_ms: 200 })
  feed.subscribe({ topic: 'fills' })
  feed.subscribe({ topic: 'features', mode: 'every' })
  const asked = newest().sent.filter((command) => command['op'] === 'subscribe')
  expect(asked.map((command) => command['mode'])).toEqual(['latest', 'every', 'every'])
  expect(asked[0]).toMatchObject({ instruments: ['au2604.SHFE'], interval_ms: 200 })
})

test('rows come at once, with the position to go on from', () => {
  const heard: unknown[] = []
  feed.on('signals', (rows, about) => heard.push([rows.map((row) => row.signal_id), about]))
  feed.subscribe({ topic: 'signals' })
  welcome()
  begin('signals', [{ signal_id: 'a' }], 4)
  newest().say({ type: 'delta', topic: 'signals', offset: 5, data: [{ signal_id: 'b' }] })
  expect(heard).toEqual([
    [['a'], { isWhole: true, position: { epoch: 'e1', offset: 4 } }],
    [['b'], { isWhole: false, position: { epoch: 'e1', offset: 5 } }],
  ])
  expect(feed.positionOf('signals')).toEqual({ epoch: 'e1', offset: 5 })
})

test('a gap is told before the rows that come after it', () => {
  const told: string[] = []
  feed.onGap((gap) => told.push(`gap ${gap.reason} after ${gap.after.offset}`))
  feed.on('signals', (rows) => told.push(`rows ${rows.length}`))
  feed.subscribe({ topic: 'signals', resume: { epoch: 'e0', offset: 431 } })
  welcome()
  begin('signals', [{ signal_id: 'a' }])
  expect(told).toEqual(['gap not_resumed after 431', 'rows 1'])
})

test('after a cut the line comes back by itself and resumes', () => {
  const phases: string[] = []
  feed.onState((state) => phases.push(state.phase))
  feed.subscribe({ topic: 'signals' })
  welcome()
  begin('signals', [], 7)
  newest().drop(1006)
  expect(feed.state.phase).toBe('waiting')
  vi.advanceTimersByTime(1300)
  welcome()
  expect(newest().sent[0]).toMatchObject({ topic: 'signals', resume: { epoch: 'e1', offset: 7 } })
  expect(phases).toEqual(['live', 'waiting', 'connecting', 'live'])
})

test('a program that nobody watches goes on after the last try', () => {
  feed.close()
  feed = opened({ isPersistent: true })
  for (let tries = 0; tries < 10; tries += 1) {
    newest().drop(1006)
    vi.advanceTimersToNextTimer()
  }
  newest().drop(1006)
  expect(feed.state.phase).toBe('stopped')
  vi.advanceTimersByTime(600_000)
  expect(feed.state.phase).toBe('connecting')
  expect(sockets).toHaveLength(13)
})

test('a refusal for good is not tried again, however long the program waits', () => {
  feed.close()
  feed = opened({ isPersistent: true })
  newest().drop(4403)
  vi.advanceTimersByTime(3_600_000)
  expect(feed.state).toMatchObject({ phase: 'stopped', code: 4403 })
  expect(sockets).toHaveLength(2)
})

test('a closed feed leaves no timer behind', () => {
  welcome()
  newest().drop(1006)
  feed.close()
  expect(vi.getTimerCount()).toBe(0)
})

test('a listener that throws keeps nothing from the others', () => {
  const escaped: (() => void)[] = []
  vi.stubGlobal('queueMicrotask', (action: () => void) => void escaped.push(action))
  let count = 0
  feed.on('signals', () => {
    throw new Error('forgot to catch')
  })
  feed.on('signals', () => (count += 1))
  feed.subscribe({ topic: 'signals' })
  welcome()
  begin('signals')
  expect(count).toBe(1)
  expect(escaped).toHaveLength(1)
  expect(escaped[0]).toThrow('forgot to catch')
  vi.unstubAllGlobals()
})

test('a listener that is ended hears no more', () => {
  let count = 0
  const end = feed.on('signals', () => (count += 1))
  feed.subscribe({ topic: 'signals' })
  welcome()
  begin('signals')
  end()
  newest().say({ type: 'delta', topic: 'signals', offset: 1, data: [{}] })
  expect(count).toBe(1)
})

test('a loop reads what comes and unsubscribes when it is left', async () => {
  welcome()
  const reading = feed.each({ topic: 'signals' })
  const first = reading.next()
  begin('signals', [{ signal_id: 'a' }])
  newest().say({ type: 'delta', topic: 'signals', offset: 1, data: [{ signal_id: 'b' }] })
  expect((await first).value?.rows).toEqual([{ signal_id: 'a' }])
  expect((await reading.next()).value).toMatchObject({ rows: [{ signal_id: 'b' }], dropped: 0 })
  await reading.return()
  expect(newest().sent.at(-1)).toMatchObject({ op: 'unsubscribe', topic: 'signals' })
})

test('a loop over a feed that is closed reads what is left and ends', async () => {
  welcome()
  const reading = feed.each({ topic: 'signals' })
  const first = reading.next()
  begin('signals', [{ signal_id: 'a' }])
  feed.close()
  expect((await first).value?.rows).toEqual([{ signal_id: 'a' }])
  expect(await reading.next()).toEqual({ value: undefined, done: true })
})
