// The trader's blotter as data: the lines to work, in the order of their urgency; which key does what; which acts of a
// selection can be done together.

import { AT_WORK } from './progress'
import type { Act, Adjustment, BookInstruction } from './types'
import { actsOf, type Who } from './workflow'

export interface BlotterRow {
  readonly key: string
  readonly instruction: BookInstruction
  readonly adjustment: Adjustment
  /** The line's place in its instruction. */
  readonly at: number
}

/** Before others: what waits to be taken, then what waits to be sent, then what is under way. */
function rankOf({ status }: BookInstruction): number {
  return status === 'approved' ? 0 : status === 'accepted' ? 1 : 2
}

/** Lines of instructions that a trader has to do with: to be taken, taken, at work. */
export function rowsOf(instructions: readonly BookInstruction[], who: Who, filter: { readonly text: string; readonly isMine: boolean }): BlotterRow[] {
  const text = filter.text.trim().toLowerCase()
  return instructions
    .filter((each) => each.status === 'approved' || each.status === 'accepted' || AT_WORK.has(each.status))
    .filter((each) => !filter.isMine || each.trader === '' || each.trader === who.username)
    .toSorted((a, b) => rankOf(a) - rankOf(b) || a.created_at - b.created_at)
    .flatMap((instruction) => instruction.adjustments.map((adjustment, at) => ({ key: `${instruction.instruction_id} ${at}`, instruction, adjustment, at })))
    .filter(({ instruction, adjustment }) => text === '' || [instruction.instruction_id, instruction.product_code, adjustment.instrument_id].some((word) => word.toLowerCase().includes(text)))
}

export const COMMANDS = ['down', 'up', 'first', 'last', 'mark', 'mark_all', 'clear', 'open', 'accept', 'send', 'split', 'stop', 'resume', 'fill', 'filter', 'help'] as const
export type Command = (typeof COMMANDS)[number]

/** One key each; what a person sees under `?` is made of this very table. */
export const KEYS: Readonly<Record<Command, readonly string[]>> = {
  down: ['ArrowDown', 'j'],
  up: ['ArrowUp', 'k'],
  first: ['Home'],
  last: ['End'],
  mark: [' '],
  mark_all: ['*'],
  clear: ['Escape'],
  open: ['Enter'],
  accept: ['a'],
  send: ['s'],
  split: ['p'],
  stop: ['x'],
  resume: ['r'],
  fill: ['f'],
  filter: ['/'],
  help: ['?'],
}

export interface Press {
  readonly key: string
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly altKey: boolean
}

/** The command of a key, `null` for none: a key with a modifier belongs to the browser. */
export function commandOf(press: Press): Command | null {
  if (press.ctrlKey || press.metaKey || press.altKey) return null
  const key = press.key.length === 1 ? press.key.toLowerCase() : press.key
  return COMMANDS.find((command) => KEYS[command].includes(key)) ?? null
}

/** Where the cursor goes from the row it is at; rows come and go under it. */
export function moved(rows: readonly BlotterRow[], cursor: string, command: 'down' | 'up' | 'first' | 'last'): string {
  if (rows.length === 0) return ''
  const at = rows.findIndex((row) => row.key === cursor)
  const last = rows.length - 1
  const to = { first: 0, last, down: Math.min(last, at + 1), up: Math.max(0, at < 0 ? 0 : at - 1) }[command]
  return rows[to]!.key
}

export type BulkAct = 'accept' | 'send' | 'stop'

export interface BulkItem {
  readonly key: string
  readonly instruction: BookInstruction
  /** The line that is sent; `null` for acts on the whole instruction. */
  readonly at: number | null
  readonly quantity: number
}

/** What of a selection an act can be done with: lines to send, or each instruction once. */
export function bulkOf(act: BulkAct, rows: readonly BlotterRow[], who: Who): BulkItem[] {
  const able = rows.filter((row) => actsOf(row.instruction, who).includes(act satisfies Act))
  if (act === 'send') {
    return able.filter((row) => row.adjustment.left_quantity > 0).map((row) => ({ key: row.key, instruction: row.instruction, at: row.at, quantity: row.adjustment.left_quantity }))
  }
  const once = new Map(able.map((row) => [row.instruction.instruction_id, row.instruction]))
  return [...once.values()].map((instruction) => ({ key: instruction.instruction_id, instruction, at: null, quantity: 0 }))
}
