// What each way of losing the socket asks of us: the mirror of the close-code table of docs/push-protocol.md.

export type Reaction = 'retry' | 'sign-in' | 'stop'

export interface CloseCode {
  readonly reaction: Reaction
  /** True where the next subscription may resume from the last offset seen. */
  readonly isOffsetKept: boolean
}

export const CLOSE_CODES: Readonly<Record<number, CloseCode>> = {
  1007: { reaction: 'stop', isOffsetKept: false },
  1009: { reaction: 'stop', isOffsetKept: false },
  4400: { reaction: 'stop', isOffsetKept: false },
  4401: { reaction: 'sign-in', isOffsetKept: true },
  4403: { reaction: 'stop', isOffsetKept: false },
  4408: { reaction: 'retry', isOffsetKept: true },
  4429: { reaction: 'retry', isOffsetKept: true },
  4503: { reaction: 'retry', isOffsetKept: true },
}

/** Our own close: nothing was heard for two heartbeats. */
export const SILENCE_CODE = 4999

/** A code nobody listed (1006 above all: the line was cut) is worth another try. */
export function closeCodeOf(code: number): CloseCode {
  return CLOSE_CODES[code] ?? { reaction: 'retry', isOffsetKept: true }
}
