// What we asked for and how far we have read: decides for each frame whether to apply, to drop or to ask again.
// Pure, because a silent hole in the events would be the worst fault this page could have.

import type { Command, Gap, Position, Row, ServerFrame, SubscribeCommand, TopicName, TopicUpdate, Wish } from './messages.js'

interface Standing {
  wish: Wish
  position: Position | null
  /** Deltas are ignored until the answer to the newest `subscribe` has come. */
  awaitedId: number | null
  /** False where the socket ended in a way after which no offset counts; the position then only says what was missed. */
  isResumable: boolean
}

export interface Verdict {
  readonly update?: TopicUpdate
  /** A hole was found: send this to have it filled. */
  readonly ask?: SubscribeCommand
  readonly gap?: { topic: TopicName; expected: number; got: number }
  /** What a program that counts has to know. */
  readonly missed?: Gap
}

const NOTHING: Verdict = {}
const HIDDEN_INTERVAL_MS = 1000

export class Subscriptions {
  private readonly standings = new Map<TopicName, Standing>()
  private lastId = 0
  private isHidden = false

  /** Records the wish and returns the command that states it. */
  want(wish: Wish): SubscribeCommand {
    const known = this.standings.get(wish.topic)
    const isSameSelection = known !== undefined && sameInstruments(known.wish.instruments, wish.instruments)
    const position = (isSameSelection ? known.position : null) ?? wish.resume ?? null
    const standing: Standing = { wish, position, awaitedId: null, isResumable: true }
    this.standings.set(wish.topic, standing)
    return this.command(standing)
  }

  drop(topic: TopicName): Command | null {
    if (!this.standings.delete(topic)) return null
    this.lastId += 1
    return { op: 'unsubscribe', id: this.lastId, topic }
  }

  /** A hidden page asks for less: every `latest` topic at a second. Returns what to send. */
  hide(isHidden: boolean): SubscribeCommand[] {
    if (this.isHidden === isHidden) return []
    this.isHidden = isHidden
    return [...this.standings.values()].filter((s) => s.wish.mode === 'latest').map((s) => this.command(s))
  }

  /** The commands that restore everything on a fresh socket, resuming where the offset may be kept. */
  restore(isOffsetKept: boolean): SubscribeCommand[] {
    return [...this.standings.values()].map((standing) => {
      standing.isResumable = isOffsetKept
      return this.command(standing)
    })
  }

  positionOf(topic: TopicName): Position | null {
    return this.standings.get(topic)?.position ?? null
  }

  nextId(): number {
    this.lastId += 1
    return this.lastId
  }

  receive(frame: ServerFrame): Verdict {
    if (!('topic' in frame)) return NOTHING
    const standing = this.standings.get(frame.topic)
    if (standing === undefined) return NOTHING
    switch (frame.type) {
      case 'subscribed':
        return this.onSubscribed(standing, frame)
      case 'snapshot':
        standing.position = { epoch: frame.epoch, offset: frame.offset }
        return { update: { topic: frame.topic, isWhole: true, rows: frame.data } }
      case 'reset':
        return this.onReset(standing, frame)
      case 'delta':
        // In `latest` any value is welcome; events between two subscriptions would be counted from the wrong place.
        if (standing.awaitedId !== null && standing.wish.mode === 'every') return NOTHING
        return this.onDelta(standing, frame)
      case 'unsubscribed':
        return NOTHING
    }
  }

  /** A refused subscribe is no longer awaited, else its topic would stay deaf. */
  refuse(id: number | null): void {
    for (const standing of this.standings.values()) if (standing.awaitedId === id) standing.awaitedId = null
  }

  private onSubscribed(standing: Standing, frame: Extract<ServerFrame, { type: 'subscribed' }>): Verdict {
    if (standing.awaitedId !== null && frame.id !== standing.awaitedId) return NOTHING
    standing.awaitedId = null
    const { position } = standing
    // What was missed begins after the offset we named, whichever offset the answer carries.
    const isResumed = frame.recovered && position !== null && position.epoch === frame.epoch
    standing.isResumable = true
    const offset = isResumed ? Math.min(position.offset, frame.offset) : frame.offset
    standing.position = { epoch: frame.epoch, offset }
    if (isResumed || position === null || standing.wish.mode === 'latest') return NOTHING
    return { missed: { topic: frame.topic, reason: 'not_resumed', after: position } }
  }

  private onReset(standing: Standing, frame: Extract<ServerFrame, { type: 'reset' }>): Verdict {
    const after = standing.position
    standing.position = { epoch: frame.epoch, offset: frame.offset }
    return after === null ? NOTHING : { missed: { topic: frame.topic, reason: 'too_slow', after } }
  }

  private onDelta(standing: Standing, frame: Extract<ServerFrame, { type: 'delta' }>): Verdict {
    const { position, wish } = standing
    if (wish.mode === 'latest' || position === null) {
      if (position !== null) standing.position = { epoch: position.epoch, offset: frame.offset }
      return { update: { topic: frame.topic, isWhole: false, rows: frame.data } }
    }
    if (frame.offset <= position.offset) return NOTHING
    const fresh = frame.offset - position.offset
    // With a selection the offsets of other instruments are passed over: only repeats can be seen, not holes.
    if (wish.instruments === undefined && frame.data.length < fresh) {
      const gap = { topic: frame.topic, expected: position.offset + 1, got: frame.offset - frame.data.length + 1 }
      return { ask: this.command(standing), gap, missed: { topic: frame.topic, reason: 'hole', after: position } }
    }
    standing.position = { epoch: position.epoch, offset: frame.offset }
    const rows: Row[] = frame.data.length > fresh ? frame.data.slice(-fresh) : frame.data
    return { update: { topic: frame.topic, isWhole: false, rows } }
  }

  private command(standing: Standing): SubscribeCommand {
    const { wish, position } = standing
    const id = this.nextId()
    standing.awaitedId = id
    const isLatest = wish.mode === 'latest'
    const interval = this.isHidden ? Math.max(HIDDEN_INTERVAL_MS, wish.interval_ms ?? 0) : wish.interval_ms
    return {
      op: 'subscribe',
      id,
      topic: wish.topic,
      mode: wish.mode,
      ...(wish.instruments === undefined ? {} : { instruments: wish.instruments }),
      ...(isLatest && interval !== undefined ? { interval_ms: interval } : {}),
      ...(!isLatest && position !== null && standing.isResumable ? { resume: position } : {}),
    }
  }
}

function sameInstruments(left: readonly string[] | undefined, right: readonly string[] | undefined): boolean {
  if (left === undefined || right === undefined) return left === right
  return left.length === right.length && left.every((id, index) => id === right[index])
}
