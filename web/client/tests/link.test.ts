import { beforeEach, expect, test } from 'vitest'
import { SILENCE_CODE } from '../src/codes'
import { Link } from '../src/link'
import type { FromWorker, LinkState, Note } from '../src/messages'
import { FakeSocket } from './fake_socket'

/** A world with a clock of its own: timers fire when the clock is moved over them. */
class World {
  ms = 1_000_000
  sockets: FakeSocket[] = []
  posted: FromWorker[] = []
  private timers = new Map<number, { at: number; action: () => void }>()
  private lastTimer = 0
  readonly link = new Link({
    openSocket: () => {
      this.sockets.push(new FakeSocket())
      return this.socket
    },
    now: () => this.ms,
    chance: () => 0.5,
    setTimer: (action, ms) => {
      this.lastTimer += 1
      this.timers.set(this.lastTimer, { at: this.ms + ms, action })
      return this.lastTimer
    },
    clearTimer: (timer) => void this.timers.delete(timer),
    post: (message) => this.posted.push(message),
  })

  get socket(): FakeSocket {
    return this.sockets.at(-1)!
  }

  get state(): LinkState {
    return this.posted.findLast((m) => m.kind === 'state')!.state
  }

  get notes(): Note[] {
    return this.posted.filter((m) => m.kind === 'note').map((m) => m.note)
  }

  advance(ms: number): void {
    const until = this.ms + ms
    for (;;) {
      const due = [...this.timers].filter(([, t]) => t.at <= until).toSorted((a, b) => a[1].at - b[1].at)[0]
      if (due === undefined) break
      this.timers.delete(due[0])
      this.ms = due[1].at
      due[1].action()
    }
    this.ms = until
  }

  welcome(): void {
    this.socket.say({ type: 'welcome', protocol: 1, server: 'tradewind/x', epoch: 'e1', topics: [], heartbeat_s: 20 })
  }
}

let world: World

beforeEach(() => {
  world = new World()
  world.link.want({ topic: 'signals', mode: 'every' })
  world.link.open('ws://x/ws', 10)
})

test('the link is live only after the welcome, and then subscribes to what was wished before', () => {
  expect(world.state.phase).toBe('connecting')
  expect(world.socket.sent).toEqual([])
  world.welcome()
  expect(world.state.phase).toBe('live')
  expect(world.socket.sent[0]).toMatchObject({ op: 'subscribe', topic: 'signals', mode: 'every' })
})

test('a cut line is tried again after 1, 2, 4 seconds, and success resets the ladder', () => {
  for (const wait of [1000, 2000, 4000]) {
    world.socket.drop(1006)
    expect(world.state).toMatchObject({ phase: 'waiting', retryAt: world.ms + wait })
    world.advance(wait)
    expect(world.state.phase).toBe('connecting')
  }
  world.welcome()
  world.socket.drop(1006)
  expect(world.state).toMatchObject({ phase: 'waiting', tries: 1, retryAt: world.ms + 1000 })
})

test('after ten tries it stops until a person asks', () => {
  for (let i = 0; i < 10; i += 1) {
    world.socket.drop(1006)
    world.advance(600_000)
  }
  world.socket.drop(1006)
  expect(world.state.phase).toBe('stopped')
  const before = world.sockets.length
  world.advance(3_600_000)
  expect(world.sockets).toHaveLength(before)
  world.link.retryNow()
  expect(world.sockets).toHaveLength(before + 1)
  expect(world.state.tries).toBe(0)
})

test('a person, the network or the visible page cut the waiting short', () => {
  world.socket.drop(1006)
  world.link.retryNow()
  expect(world.sockets).toHaveLength(2)
  world.socket.drop(1006)
  world.link.setVisible(true)
  expect(world.sockets).toHaveLength(3)
})

test('codes that forbid it are not retried', () => {
  world.welcome()
  world.socket.drop(4403)
  expect(world.state).toMatchObject({ phase: 'stopped', code: 4403 })
})

test('an ended session asks for signing in', () => {
  world.welcome()
  world.socket.drop(4401)
  expect(world.state.phase).toBe('signed-out')
})

test('two heartbeats of silence are a lost line', () => {
  world.welcome()
  world.advance(41_500)
  expect(world.state).toMatchObject({ phase: 'waiting', code: SILENCE_CODE })
  expect(world.sockets[0]!.isClosed).toBe(true)
})

test('a connection that never answers is given up after ten seconds', () => {
  world.advance(12_000)
  expect(world.notes.some((note) => note.code === 'disconnected')).toBe(true)
})

test('a socket that was given up is no longer heard', () => {
  world.socket.drop(1006)
  world.advance(1000)
  world.sockets[0]!.say({ type: 'welcome', server: 'old', epoch: 'e0', heartbeat_s: 20, topics: [] })
  expect(world.state.phase).toBe('connecting')
})

test('the round trip is measured by ping and pong', () => {
  world.welcome()
  const ping = world.socket.sent.find((command) => command['op'] === 'ping')!
  world.ms += 7
  world.socket.say({ type: 'pong', id: ping['id'], ts: 1 })
  world.advance(1000)
  expect(world.posted.findLast((m) => m.kind === 'meters')!.meters.roundTripMs).toBe(7)
})

test('the missed events are asked for by epoch and offset after a reconnect', () => {
  world.welcome()
  const { id } = world.socket.sent[0]!
  world.socket.say({ type: 'subscribed', id, topic: 'signals', epoch: 'e1', offset: 5, recovered: false, mode: 'every' })
  world.socket.say({ type: 'delta', topic: 'signals', offset: 6, data: [{ n: 6 }] })
  world.socket.drop(4503)
  world.advance(1000)
  world.welcome()
  expect(world.socket.sent[0]).toMatchObject({ op: 'subscribe', resume: { epoch: 'e1', offset: 6 } })
})

test('what arrives is handed over together within fifty milliseconds, newest quote per instrument', () => {
  world.link.want({ topic: 'quotes', mode: 'latest' })
  world.welcome()
  for (const price of [1, 2, 3]) {
    world.socket.say({ type: 'delta', topic: 'quotes', offset: price, data: [{ instrument_id: 'a', last_price: price }] })
  }
  expect(world.posted.filter((m) => m.kind === 'updates')).toHaveLength(0)
  world.advance(50)
  const batch = world.posted.find((m) => m.kind === 'updates')
  expect(batch!.updates).toEqual([{ topic: 'quotes', isWhole: false, rows: [{ instrument_id: 'a', last_price: 3 }] }])
})

test('a frame that is no JSON is noted and the connection stays', () => {
  world.welcome()
  world.socket.say('{broken')
  expect(world.notes.at(-1)!.code).toBe('frame_unreadable')
  expect(world.state.phase).toBe('live')
})

test('a refused command is noted with its code', () => {
  world.welcome()
  world.socket.say({ type: 'error', id: 1, code: 'unknown_topic', message: 'no such topic' })
  expect(world.notes.at(-1)).toMatchObject({ code: 'refused', params: { code: 'unknown_topic' } })
})
