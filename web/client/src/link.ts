// One socket to the push server and its whole life: connect, subscribe, listen, move, lose, wait, try again.
// Time, chance and the socket are handed in, so that every path is tested without a network.

import { closeCodeOf, SILENCE_CODE } from './codes.js'
import { Ladder } from './ladder.js'
import type { Command, FromWorker, Gap, LinkState, Meters, Note, Phase, Position, ServerFrame, TopicName, TopicUpdate, Wish } from './messages.js'
import { Outbox } from './outbox.js'
import { Subscriptions } from './subscriptions.js'

export interface Socket {
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void
  addEventListener(type: 'close', listener: (event: { code: number }) => void): void
  send(text: string): void
  close(): void
}

export interface Surroundings {
  readonly openSocket: (url: string) => Socket
  readonly now: () => number
  readonly chance: () => number
  readonly setTimer: (action: () => void, ms: number) => number
  readonly clearTimer: (timer: number) => void
  readonly post: (message: FromWorker) => void
  /** Hears every update as it comes; without it they are gathered for a page and posted. */
  readonly deliver?: (update: TopicUpdate) => void
  readonly missed?: (gap: Gap) => void
}

const BEAT_MS = 1000
const PING_EVERY_BEATS = 5
const DEFAULT_HEARTBEAT_S = 20
const CONNECT_LIMIT_MS = 10_000
const MOVE_AGAIN_MS = 500

export class Link {
  private url = ''
  private phase: Phase = 'idle'
  private socket: Socket | null = null
  /** Towards another instance, while the one we have still speaks. */
  private next: Socket | null = null
  private moveTimer: number | null = null
  private isMoving = false
  private ladder: Ladder
  private readonly wanted = new Subscriptions()
  private readonly outbox: Outbox
  private retryTimer: number | null = null
  private beatTimer: number | null = null
  private retryAt: number | null = null
  private code = 0
  private server = ''
  private isOffsetKept = true
  private heartbeatMs = DEFAULT_HEARTBEAT_S * 1000
  private heardAt = 0
  private startedAt = 0
  private beats = 0
  private ping: { id: number; at: number } | null = null
  private roundTripMs: number | null = null
  private readonly counts = { messages: 0, quotes: 0, bytes: 0, lastMessages: 0, lastAt: 0 }

  constructor(private readonly around: Surroundings) {
    this.ladder = new Ladder(undefined, around.chance)
    this.outbox = new Outbox(around)
  }

  open(url: string, mostTries: number): void {
    if (url === this.url && (this.phase === 'live' || this.phase === 'connecting')) return
    this.url = url
    this.ladder = new Ladder(mostTries, this.around.chance)
    this.connect()
  }

  close(): void {
    this.cancelRetry()
    this.hangUp()
    this.setPhase('idle')
  }

  /** A person pressed the button, the network came back or the page became visible: do not wait any longer. */
  retryNow(): void {
    if (this.phase !== 'waiting' && this.phase !== 'stopped') return
    if (this.phase === 'stopped') this.ladder.reset()
    this.connect()
  }

  want(wish: Wish): void {
    this.send(this.wanted.want(wish))
  }

  drop(topic: TopicName): void {
    const command = this.wanted.drop(topic)
    if (command !== null) this.send(command)
  }

  positionOf(topic: TopicName): Position | null {
    return this.wanted.positionOf(topic)
  }

  setVisible(isVisible: boolean): void {
    for (const command of this.wanted.hide(!isVisible)) this.send(command)
    this.outbox.setHidden(!isVisible)
    if (isVisible && this.phase === 'waiting') this.retryNow()
  }

  private connect(): void {
    this.cancelRetry()
    this.hangUp()
    this.startedAt = this.around.now()
    this.setPhase('connecting')
    const socket = this.around.openSocket(this.url)
    this.socket = socket
    // A socket that was given up may still speak: only the newest one is listened to.
    socket.addEventListener('message', (event) => this.socket === socket && this.hear(event.data))
    socket.addEventListener('close', (event) => this.socket === socket && this.lose(event.code))
    this.beatTimer = this.around.setTimer(() => this.beat(), BEAT_MS)
  }

  private hangUp(): void {
    if (this.beatTimer !== null) this.around.clearTimer(this.beatTimer)
    this.beatTimer = null
    this.endMove()
    this.ping = null
    const socket = this.socket
    this.socket = null
    socket?.close()
  }

  private hear(data: unknown): void {
    const text = String(data)
    this.heardAt = this.around.now()
    this.counts.messages += 1
    this.counts.bytes += text.length
    let frame: ServerFrame
    try {
      frame = JSON.parse(text) as ServerFrame
    } catch {
      this.note('frame_unreadable', 'error', { size: text.length })
      return
    }
    if (frame.type === 'welcome') this.onWelcome(frame)
    else if (frame.type === 'move') this.onMove(frame)
    else if (frame.type === 'pong') this.onPong(frame.id)
    else if (frame.type === 'error') this.onRefused(frame)
    else this.onTopic(frame)
  }

  private onWelcome(frame: Extract<ServerFrame, { type: 'welcome' }>): void {
    this.server = frame.server
    this.heartbeatMs = (frame.heartbeat_s || DEFAULT_HEARTBEAT_S) * 1000
    const tries = this.ladder.used
    this.ladder.reset()
    this.code = 0
    this.setPhase('live')
    this.note(this.isMoving ? 'moved' : 'connected', 'info', { server: frame.server, epoch: frame.epoch, tries })
    this.isMoving = false
    for (const command of this.wanted.restore(this.isOffsetKept)) this.send(command)
    this.isOffsetKept = true
    this.sendPing()
  }

  /** The instance is about to stop: go to another one at a moment of our own, and let go of this one only then. */
  private onMove(frame: Extract<ServerFrame, { type: 'move' }>): void {
    if (this.isMoving) return
    this.isMoving = true
    this.note('moving', 'info', { gone_in_s: frame.gone_in_s })
    this.moveTimer = this.around.setTimer(() => this.tryElsewhere(), frame.within_s * 1000 * this.around.chance())
  }

  private tryElsewhere(): void {
    this.moveTimer = null
    const socket = this.around.openSocket(this.url)
    this.next = socket
    socket.addEventListener('message', (event) => {
      if (this.next === socket) this.takeOver(socket)
      if (this.socket === socket) this.hear(event.data)
    })
    socket.addEventListener('close', (event) => {
      if (this.socket === socket) return this.lose(event.code)
      if (this.next !== socket) return
      // Nobody there yet: the one we have goes on meanwhile.
      this.next = null
      const wait = MOVE_AGAIN_MS * (1 + this.around.chance())
      this.moveTimer = this.around.setTimer(() => this.tryElsewhere(), wait)
    })
  }

  /** The other instance has spoken: from here on only it is listened to. */
  private takeOver(socket: Socket): void {
    const left = this.socket
    this.next = null
    this.socket = socket
    this.ping = null
    left?.close()
  }

  private endMove(): void {
    if (this.moveTimer !== null) this.around.clearTimer(this.moveTimer)
    this.moveTimer = null
    this.isMoving = false
    const socket = this.next
    this.next = null
    socket?.close()
  }

  private onPong(id: number | null): void {
    if (this.ping === null || this.ping.id !== id) return
    this.roundTripMs = this.around.now() - this.ping.at
    this.ping = null
  }

  private onRefused(frame: Extract<ServerFrame, { type: 'error' }>): void {
    this.wanted.refuse(frame.id)
    this.note('refused', 'warn', { code: frame.code, message: frame.message })
  }

  private onTopic(frame: ServerFrame): void {
    const verdict = this.wanted.receive(frame)
    if (frame.type === 'subscribed') {
      // Nobody asked: what we may see of it has changed.
      if (frame.id === null) this.note('rights', 'info', { topic: frame.topic })
      this.note('subscribed', 'info', { topic: frame.topic, recovered: frame.recovered ? 1 : 0, offset: frame.offset })
    } else if (frame.type === 'reset') {
      this.note('reset', 'warn', { topic: frame.topic, reason: frame.reason })
    }
    if (verdict.gap !== undefined) this.note('gap', 'warn', verdict.gap)
    if (verdict.missed !== undefined) this.around.missed?.(verdict.missed)
    if (verdict.ask !== undefined) this.send(verdict.ask)
    if (verdict.update === undefined) return
    if (verdict.update.topic === 'quotes') this.counts.quotes += verdict.update.rows.length
    if (this.around.deliver === undefined) this.outbox.add(verdict.update)
    else this.around.deliver(verdict.update)
  }

  private lose(code: number): void {
    this.hangUp()
    const meaning = closeCodeOf(code)
    this.code = code
    this.isOffsetKept = meaning.isOffsetKept
    this.roundTripMs = null
    this.around.post({ kind: 'meters', meters: this.measure(this.around.now(), true) })
    this.note('disconnected', 'warn', { code })
    if (meaning.reaction === 'stop') return this.setPhase('stopped')
    if (meaning.reaction === 'sign-in') return this.setPhase('signed-out')
    const wait = this.ladder.nextMs()
    if (wait === null) return this.setPhase('stopped')
    this.retryAt = this.around.now() + wait
    this.retryTimer = this.around.setTimer(() => this.connect(), wait)
    this.setPhase('waiting')
  }

  /** Once a second: meters, ping, and the watch for a line that is open but dead. */
  private beat(): void {
    this.beatTimer = this.around.setTimer(() => this.beat(), BEAT_MS)
    const now = this.around.now()
    this.beats += 1
    if (this.phase === 'connecting' && now - this.startedAt > CONNECT_LIMIT_MS) return this.lose(SILENCE_CODE)
    if (this.phase !== 'live') return
    if (now - this.heardAt > 2 * this.heartbeatMs) return this.lose(SILENCE_CODE)
    if (this.beats % PING_EVERY_BEATS === 0) this.sendPing()
    this.around.post({ kind: 'meters', meters: this.measure(now) })
  }

  private measure(now: number, isIdle = false): Meters {
    const { counts } = this
    const seconds = Math.max(0.001, (now - counts.lastAt) / 1000)
    const isFirst = counts.lastAt === 0 || isIdle
    const meters: Meters = {
      messages: counts.messages,
      messagesPerSecond: isFirst ? 0 : Math.round((counts.messages - counts.lastMessages) / seconds),
      quotesPerSecond: isFirst ? 0 : Math.round(counts.quotes / seconds),
      bytesPerSecond: isFirst ? 0 : Math.round(counts.bytes / seconds),
      roundTripMs: this.roundTripMs,
    }
    counts.lastMessages = counts.messages
    counts.quotes = 0
    counts.bytes = 0
    counts.lastAt = now
    return meters
  }

  private sendPing(): void {
    if (this.ping !== null) return
    this.ping = { id: this.wanted.nextId(), at: this.around.now() }
    this.send({ op: 'ping', id: this.ping.id })
  }

  private send(command: Command): void {
    if (this.phase === 'live') this.socket?.send(JSON.stringify(command))
  }

  private cancelRetry(): void {
    if (this.retryTimer !== null) this.around.clearTimer(this.retryTimer)
    this.retryTimer = null
    this.retryAt = null
  }

  private setPhase(phase: Phase): void {
    this.phase = phase
    const { ladder, retryAt, code, server } = this
    const state: LinkState = { phase, tries: ladder.used, mostTries: ladder.most, retryAt, code, server }
    this.around.post({ kind: 'state', state })
  }

  private note(code: string, level: Note['level'], params: Note['params']): void {
    this.around.post({ kind: 'note', note: { code, level, params } })
  }
}
