// How the platform works an instruction by itself, as a form; and moments as people write them, in China's time.

import { parse, plain } from '../desk/exact'
import type { Algorithm } from '../desk/types'
import type { Handling } from './types'

export interface HandlingForm {
  readonly isAutomatic: boolean
  readonly starts: 'acceptance' | 'approval'
  readonly algorithm: Algorithm
  readonly durationS: number
  readonly slices: number
  readonly display: number
  /** Lots of the largest order, 0: as many as the exchange takes. */
  readonly most: number
  /** In percent of the market's volume, '' for no bound. */
  readonly participation: string
  readonly begins: string
  readonly ends: string
}

export const BY_TRADER: HandlingForm = {
  isAutomatic: false, starts: 'acceptance', algorithm: 'direct', durationS: 300, slices: 10, display: 1, most: 0, participation: '', begins: '', ends: '',
}

/** `2026-11-22T14:30` in China as ns UTC; 0 for what is no moment. */
export function nsOf(text: string): number {
  const ms = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(text) ? Date.parse(`${text.slice(0, 16)}:00+08:00`) : Number.NaN
  return Number.isNaN(ms) ? 0 : ms * 1e6
}

/** The same back, as a date-and-time field wants it; '' for none. */
export function fieldOf(ns: number | undefined): string {
  return ns === undefined || ns === 0 ? '' : new Date(ns / 1e6 + 8 * 3_600_000).toISOString().slice(0, 16)
}

export function isHandlingOk(form: HandlingForm): boolean {
  if (!form.isAutomatic) return true
  const part = form.participation.trim() === '' ? null : parse(form.participation)
  const isPartOk = form.participation.trim() === '' || (part !== null && part.units > 0n && Number(plain(part)) <= 100)
  const [begins, ends] = [nsOf(form.begins), nsOf(form.ends)]
  return isPartOk && Number.isInteger(form.most) && form.most >= 0 && (ends === 0 || ends > begins)
}

export function handlingOf(form: HandlingForm): Handling | null {
  if (!form.isAutomatic) return null
  const part = parse(form.participation)
  const isTimed = form.algorithm === 'twap' || form.algorithm === 'vwap'
  return {
    execution: {
      algorithm: form.algorithm,
      ...(isTimed ? { duration_s: form.durationS, slices: form.slices } : {}),
      ...(form.algorithm === 'iceberg' ? { display_quantity: form.display } : {}),
    },
    starts: form.starts,
    max_order_quantity: form.most,
    participation: part === null || form.participation.trim() === '' ? null : plain({ units: part.units, scale: part.scale + 2 }),
    begins_at: nsOf(form.begins),
    ends_at: nsOf(form.ends),
  }
}

export function formOf(handling: Handling | null | undefined): HandlingForm {
  if (handling === null || handling === undefined) return BY_TRADER
  const { execution, participation } = handling
  const part = parse(participation)
  return {
    isAutomatic: true,
    starts: handling.starts ?? 'acceptance',
    algorithm: execution?.algorithm ?? 'direct',
    durationS: execution?.duration_s ?? BY_TRADER.durationS,
    slices: execution?.slices ?? BY_TRADER.slices,
    display: execution?.display_quantity ?? BY_TRADER.display,
    most: handling.max_order_quantity ?? 0,
    participation: part === null ? '' : String(Number(plain(part)) * 100),
    begins: fieldOf(handling.begins_at),
    ends: fieldOf(handling.ends_at),
  }
}
