// Gathers what the page has to know: newest quote per instrument, events in order. Events are handed over at most twenty
// times a second; quotes, which the server has gathered already, at once, and with them what has come before. Bounded:
// events beyond the bound are the oldest ones, which the page would push out anyway.

import type { FromWorker, Row, TopicName, TopicUpdate } from './messages.js'

interface Around {
  readonly now: () => number
  readonly setTimer: (action: () => void, ms: number) => number
  readonly post: (message: FromWorker) => void
}

const FLUSH_MS = 50
/** Frames that come on each other's heels, as after a turn of the wheel, go together. */
const SOON_MS = 16
const HIDDEN_FLUSH_MS = 1000
const MOST_EVENTS = 2000
const KEYED: ReadonlySet<TopicName> = new Set<TopicName>(['quotes', 'features'])

interface Pending {
  isWhole: boolean
  rows: Row[]
  newest: Map<string, Row>
}

export class Outbox {
  private readonly pending = new Map<TopicName, Pending>()
  private isArmed = false
  private flushedAt = 0
  private isHidden = false

  constructor(private readonly around: Around) {}

  setHidden(isHidden: boolean): void {
    this.isHidden = isHidden
  }

  add(update: TopicUpdate): void {
    let pending = this.pending.get(update.topic)
    if (pending === undefined || update.isWhole) {
      pending = { isWhole: update.isWhole, rows: [], newest: new Map() }
      this.pending.set(update.topic, pending)
    }
    if (KEYED.has(update.topic)) {
      for (const row of update.rows) pending.newest.set(String(row['instrument_id']), row)
    } else {
      pending.rows.push(...update.rows)
      if (pending.rows.length > MOST_EVENTS) pending.rows.splice(0, pending.rows.length - MOST_EVENTS)
    }
    if (KEYED.has(update.topic) && !this.isHidden && this.around.now() - this.flushedAt >= SOON_MS) this.flush()
    else this.arm()
  }

  private arm(): void {
    if (this.isArmed) return
    this.isArmed = true
    this.around.setTimer(() => this.onTimer(), this.isHidden ? HIDDEN_FLUSH_MS : FLUSH_MS)
  }

  private onTimer(): void {
    this.isArmed = false
    if (this.pending.size > 0) this.flush()
  }

  private flush(): void {
    this.flushedAt = this.around.now()
    const updates: TopicUpdate[] = []
    for (const [topic, pending] of this.pending) {
      const rows = KEYED.has(topic) ? [...pending.newest.values()] : pending.rows
      updates.push({ topic, isWhole: pending.isWhole, rows })
    }
    this.pending.clear()
    this.around.post({ kind: 'updates', updates })
  }
}
