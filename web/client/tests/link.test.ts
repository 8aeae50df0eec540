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

test('quotes are handed over at once, with the events that came before them', () => {
  world.link.want({ topic: 'signals', mode: 'every' })
  world.link.want({ topic: 'quotes', mode: 'latest' })
  world.welcome()
  world.socket.say({ type: 'subscribed', id: world.socket.sent.find(({ topic }) => topic === 'signals')!['id'], topic: 'signals', epoch: 'e1', offset: 0, recovered: false, mode: 'every' })
  world.socket.say({ type: 'delta', topic: 'signals', offset: 1, data: [{ n: 1 }] })
  expect(world.posted.filter((m) => m.kind === 'updates')).toHaveLength(0)
  world.socket.say({ type: 'delta', topic: 'quotes', offset: 1, data: [{ instrument_id: 'a', last_price: 1 }] })
  const batch = world.posted.find((m) => m.kind === 'updates')
  expect(batch!.updates.map(({ topic }) => topic)).toEqual(['signals', 'quotes'])
  world.advance(50)
  expect(world.posted.filter((m) => m.kind === 'updates')).toHaveLength(1)
})

test('frames on the heels of the last are handed over together within fifty milliseconds, newest quote per instrument', () => {
  world.link.want({ topic: 'quotes', mode: 'latest' })
  world.welcome()
  world.socket.say({ type: 'delta', topic: 'quotes', offset: 0, data: [{ instrument_id: 'a', last_price: 0 }] })
  world.posted.length = 0
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

/** Live, with one signal heard, and asked to move. */
function asked(): FakeSocket {
  world.welcome()
  const old = world.socket
  const { id } = old.sent[0]!
  old.say({ type: 'subscribed', id, topic: 'signals', epoch: 'e1', offset: 4, recovered: false, mode: 'every' })
  old.say({ type: 'delta', topic: 'signals', offset: 5, data: [{ signal_id: 'a' }] })
  old.say({ type: 'move', within_s: 2, gone_in_s: 5 })
  return old
}

function heard(): unknown[] {
  world.advance(100)
  return world.posted.filter((m) => m.kind === 'updates').flatMap((m) => m.updates.flatMap((update) => update.rows.map((row) => row['signal_id'])))
}

test('asked to move it goes to another instance at a moment of its own and keeps the old one until that one speaks', () => {
  const old = asked()
  world.advance(999)
  expect(world.sockets).toHaveLength(1)
  world.advance(1)
  expect(world.sockets).toHaveLength(2)
  old.say({ type: 'delta', topic: 'signals', offset: 6, data: [{ signal_id: 'b' }] })
  expect(old.isClosed).toBe(false)
  world.welcome()
  expect(old.isClosed).toBe(true)
  expect(world.socket.sent[0]).toMatchObject({ op: 'subscribe', topic: 'signals', resume: { epoch: 'e1', offset: 6 } })
  expect(world.posted.filter((m) => m.kind === 'state').map((m) => m.state.phase)).toEqual(['connecting', 'live', 'live'])
  expect(heard()).toEqual(['a', 'b'])
})

test('after a move nothing of the old instance is heard any more, and nothing is lost or doubled', () => {
  const old = asked()
  world.advance(1000)
  world.welcome()
  old.say({ type: 'delta', topic: 'signals', offset: 6, data: [{ signal_id: 'b' }] })
  const { id } = world.socket.sent[0]!
  world.socket.say({ type: 'subscribed', id, topic: 'signals', epoch: 'e1', offset: 5, recovered: true, mode: 'every' })
  world.socket.say({ type: 'delta', topic: 'signals', offset: 7, data: [{ signal_id: 'b' }, { signal_id: 'c' }] })
  expect(heard()).toEqual(['a', 'b', 'c'])
  expect(world.notes.map((note) => note.code)).toContain('moved')
  old.drop(1000)
  expect(world.state.phase).toBe('live')
})

test('while no other instance answers the old one goes on and the way there is tried again', () => {
  const old = asked()
  world.advance(1000)
  world.socket.drop(1006)
  expect(world.state.phase).toBe('live')
  old.say({ type: 'delta', topic: 'signals', offset: 6, data: [{ signal_id: 'b' }] })
  world.advance(750)
  expect(world.sockets).toHaveLength(3)
  world.welcome()
  expect(old.isClosed).toBe(true)
})

test('an old instance that ends before another one answers is a lost line like any other', () => {
  const old = asked()
  world.advance(1000)
  const unanswered = world.socket
  old.drop(4503)
  expect(unanswered.isClosed).toBe(true)
  expect(world.state).toMatchObject({ phase: 'waiting', retryAt: world.ms + 1000 })
  world.advance(1000)
  world.welcome()
  expect(world.socket.sent[0]).toMatchObject({ resume: { epoch: 'e1', offset: 5 } })
  expect(world.notes.at(-1)?.code).not.toBe('moved')
})

test('being asked twice moves once, and an instance moved to may ask again', () => {
  const old = asked()
  old.say({ type: 'move', within_s: 2, gone_in_s: 5 })
  world.advance(5000)
  expect(world.sockets).toHaveLength(2)
  world.welcome()
  world.socket.say({ type: 'move', within_s: 0, gone_in_s: 5 })
  world.advance(0)
  expect(world.sockets).toHaveLength(3)
})
