// What has come of a topic and is not read yet: bounded, and never thinner without a word.

import type { Position } from './messages.js'

/** Where rows stand: `isWhole` replaces all there was, `position` is what `resume` needs to go on after them. */
export interface About {
  readonly isWhole: boolean
  readonly position: Position | null
}

export interface Chunk<R> extends About {
  readonly rows: readonly R[]
  /** Rows that were lost before these, because they were not read in time. */
  readonly dropped: number
}

const MOST_ROWS = 100_000

export class Waiting<R> {
  private readonly chunks: Chunk<R>[] = []
  private count = 0
  private dropped = 0
  private isClosed = false
  private wake: (() => void) | null = null

  /** `isReplaced`: a whole state makes what came before it needless; events stay, each by itself. */
  constructor(
    private readonly isReplaced: boolean,
    private readonly most: number = MOST_ROWS,
  ) {}

  add(rows: readonly R[], about: About): void {
    if (this.isClosed) return
    if (about.isWhole && this.isReplaced) this.forget()
    this.chunks.push({ rows, ...about, dropped: 0 })
    this.count += rows.length
    // The newest chunk stays whatever its size: a snapshot larger than the bound has to be read too.
    while (this.count > this.most && this.chunks.length > 1) {
      const oldest = this.chunks.shift()!
      this.count -= oldest.rows.length
      this.dropped += oldest.rows.length
    }
    this.wake?.()
  }

  close(): void {
    this.isClosed = true
    this.wake?.()
  }

  /** Waits for the next chunk; `null` when it was closed and all is read. */
  async next(): Promise<Chunk<R> | null> {
    while (this.chunks.length === 0) {
      if (this.isClosed) return null
      await new Promise<void>((resume) => (this.wake = resume))
      this.wake = null
    }
    const chunk = this.chunks.shift()!
    this.count -= chunk.rows.length
    const { dropped } = this
    this.dropped = 0
    return { ...chunk, dropped }
  }

  private forget(): void {
    this.chunks.length = 0
    this.count = 0
    this.dropped = 0
  }
}
