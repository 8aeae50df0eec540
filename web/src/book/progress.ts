// How far an instruction, or one line of it, got.

import type { Adjustment, BookInstruction, BookStatus } from './types'

export const AT_WORK: ReadonlySet<BookStatus> = new Set(['working', 'partly_done'])

/** Lots to buy (positive) or to sell. */
export function changeOf({ adjusted_position: to, current_position: from }: Adjustment): number {
  return to - from
}

export interface Progress {
  readonly quantity: number
  readonly filled: number
  readonly working: number
  /** 0 to 100. */
  readonly percent: number
}

export function progressOf({ quantity, filled_quantity: filled, working_quantity: working }: BookInstruction | Adjustment): Progress {
  return { quantity, filled, working, percent: quantity === 0 ? 0 : Math.min(100, Math.round((filled / quantity) * 100)) }
}
