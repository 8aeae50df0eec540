// Live data for a program: typed rows by topic, the state of the line, and a word for every hole there may be.

import { closeCodeOf } from './codes.js'
import { LADDER_S, MOST_TRIES } from './ladder.js'
import { Link, type Socket } from './link.js'
import type { FromWorker, Gap, LinkState, Meters, Note, Position, TopicName, TopicUpdate, Wish } from './messages.js'
import { Waiting, type About, type Chunk } from './reading.js'
import type { TopicRows } from './topics.js'

export interface FeedOptions {
  readonly openSocket: (url: string) => Socket
  /** Tries before it stops and waits for `retryNow`: 5 to 10. */
  readonly mostTries?: number
  /** Goes on every ten minutes after the last of them: for programs that nobody watches. */
  readonly isPersistent?: boolean
}

export type RowListener<T extends TopicName> = (rows: readonly TopicRows[T][], about: About) => void

/** What a subscription asks for; without `mode` events come one by one and values as the newest. */
export type Subscription<T extends TopicName> = Omit<Wish, 'topic' | 'mode'> & { readonly topic: T; readonly mode?: Wish['mode'] }

const VALUES: ReadonlySet<TopicName> = new Set<TopicName>([
  'quotes', 'features', 'positions', 'accounts', 'position_figures', 'account_figures', 'trade_statistics',
  'order_statistics', 'position_groups', 'plans', 'trading_states', 'modules', 'system',
])

/** One socket. A listener that throws does not hold up the others: its error is thrown again outside of the feed. */
export class Feed {
  private readonly link: Link
  private readonly listeners = new Map<TopicName, Set<RowListener<TopicName>>>()
  private readonly stateListeners = new Set<(state: LinkState) => void>()
  private readonly gapListeners = new Set<(gap: Gap) => void>()
  private readonly noteListeners = new Set<(note: Note) => void>()
  private readonly readers = new Set<{ close(): void }>()
  private persistTimer: ReturnType<typeof setTimeout> | undefined
  private known: LinkState = { phase: 'idle', tries: 0, mostTries: MOST_TRIES, retryAt: null, code: 0, server: '' }
  private measured: Meters | null = null

  constructor(
    private readonly url: string,
    private readonly options: FeedOptions,
  ) {
    this.link = new Link({
      openSocket: options.openSocket,
      now: () => Date.now(),
      chance: () => Math.random(),
      setTimer: (action, ms) => setTimeout(action, ms) as unknown as number,
      clearTimer: (timer) => clearTimeout(timer),
      post: (message) => this.hear(message),
      deliver: (update) => this.deliver(update),
      missed: (gap) => call(this.gapListeners, gap),
    })
  }

  get state(): LinkState {
    return this.known
  }

  /** Rates and round trip, once a second while live. */
  get meters(): Meters | null {
    return this.measured
  }

  /** Opens the socket and keeps coming back to it until `close`. */
  open(): void {
    this.link.open(this.url, this.options.mostTries ?? MOST_TRIES)
  }

  /** Ends it; `each` ends too. What was subscribed stays so if it is opened again. */
  close(): void {
    clearTimeout(this.persistTimer)
    for (const reader of this.readers) reader.close()
    this.link.close()
  }

  /** Tries at once instead of waiting; begins the ladder anew where the tries were used up. */
  retryNow(): void {
    clearTimeout(this.persistTimer)
    this.link.retryNow()
  }

  /** Asks for a topic, or for another selection of it. One subscription a topic: the newest counts. */
  subscribe<T extends TopicName>(wanted: Subscription<T>): void {
    this.link.want({ ...wanted, mode: modeOf(wanted) })
  }

  unsubscribe(topic: TopicName): void {
    this.link.drop(topic)
  }

  /** The position after the last rows that came, `null` before the first. */
  positionOf(topic: TopicName): Position | null {
    return this.link.positionOf(topic)
  }

  /** Calls `listener` with all that comes of a topic; returns the function that ends it. */
  on<T extends TopicName>(topic: T, listener: RowListener<T>): () => void {
    const set = this.listeners.get(topic) ?? new Set()
    this.listeners.set(topic, set)
    const heard = listener as unknown as RowListener<TopicName>
    set.add(heard)
    return () => void set.delete(heard)
  }

  onState(listener: (state: LinkState) => void): () => void {
    return register(this.stateListeners, listener)
  }

  /** Told of each hole before the rows that come after it. */
  onGap(listener: (gap: Gap) => void): () => void {
    return register(this.gapListeners, listener)
  }

  /** Told what happened to the line: connected, refused, reset …; a code and its parameters. */
  onNote(listener: (note: Note) => void): () => void {
    return register(this.noteListeners, listener)
  }

  /**
   * Subscribes and reads at one's own pace: `for await (const { rows } of feed.each({ topic: 'signals' }))`.
   * `most` rows wait at most; a reader further behind loses the oldest, of which `dropped` of the next chunk tells.
   */
  async *each<T extends TopicName>(wanted: Subscription<T>, most?: number): AsyncGenerator<Chunk<TopicRows[T]>, void> {
    const waiting = new Waiting<TopicRows[T]>(modeOf(wanted) === 'latest', most)
    const end = this.on(wanted.topic, (rows, about) => waiting.add(rows, about))
    this.readers.add(waiting)
    this.subscribe(wanted)
    try {
      for (let chunk = await waiting.next(); chunk !== null; chunk = await waiting.next()) yield chunk
    } finally {
      end()
      this.readers.delete(waiting)
      if (this.listeners.get(wanted.topic)?.size === 0) this.unsubscribe(wanted.topic)
    }
  }

  private deliver(update: TopicUpdate): void {
    const about: About = { isWhole: update.isWhole, position: this.link.positionOf(update.topic) }
    call(this.listeners.get(update.topic) ?? [], update.rows as never, about)
  }

  private hear(message: FromWorker): void {
    if (message.kind === 'note') call(this.noteListeners, message.note)
    else if (message.kind === 'meters') this.measured = message.meters
    else if (message.kind === 'state') this.onPhase(message.state)
  }

  private onPhase(state: LinkState): void {
    this.known = state
    const isUsedUp = state.phase === 'stopped' && closeCodeOf(state.code).reaction === 'retry'
    if (isUsedUp && this.options.isPersistent === true) {
      this.persistTimer = setTimeout(() => this.retryNow(), LADDER_S.at(-1)! * 1000)
    }
    call(this.stateListeners, state)
  }
}

function modeOf(wanted: Subscription<TopicName>): Wish['mode'] {
  return wanted.mode ?? (VALUES.has(wanted.topic) ? 'latest' : 'every')
}

function register<T>(set: Set<T>, listener: T): () => void {
  set.add(listener)
  return () => void set.delete(listener)
}

function call<A extends unknown[]>(listeners: Iterable<(...told: A) => void>, ...told: A): void {
  for (const listener of listeners) {
    try {
      listener(...told)
    } catch (error) {
      // Where the program sees what it forgot to catch, and the line goes on.
      queueMicrotask(() => {
        throw error
      })
    }
  }
}
