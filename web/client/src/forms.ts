// What a program sends: the bodies of requests to the desk, in the field names of the Python structs.

import type { Direction, Execution, TradingState } from './desk.js'
import type { Side } from './model.js'

/** One contract of a wish; `auto`, which is usual, closes what stands against it first. */
export interface WishedLine {
  readonly instrument_id: string
  readonly side: Side
  readonly quantity: number
  readonly intent?: 'auto' | 'open' | 'close'
  readonly execution?: Partial<Execution>
}

export interface WhatIfForm {
  readonly account_id: string
  readonly lines: readonly WishedLine[]
  readonly product_code?: string
  readonly strategy?: string
}

export interface InstructionForm extends WhatIfForm {
  readonly reason?: string
}

export interface ClosePreviewForm {
  readonly account_id: string
  readonly instrument_id: string
  readonly direction: Direction
  /** Without it all that can be closed. */
  readonly quantity?: number
  readonly book?: string
}

export interface CloseForm extends ClosePreviewForm {
  /** What the preview answered for exactly these words. */
  readonly confirmation: string
  readonly execution?: Partial<Execution>
}

export interface ModeForm {
  readonly mode: TradingState['mode']
  readonly scope: string
  readonly key?: string
  readonly reason?: string
  /** What a release asks to be typed. */
  readonly phrase?: string
}

export interface RecordAsk {
  /** `column<operator>value` with `;` between, as docs/record.md has it. */
  readonly where?: string
  readonly search?: string
  readonly sort?: string
  readonly order?: 'asc' | 'desc'
  /** Rows of a page. */
  readonly limit?: number
}

export type RecordRow = Readonly<Record<string, string | number | null>>
