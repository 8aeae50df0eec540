// What the pages ask of the instruction book, in one place. What changes something is an `Act`: it happens once, however
// often it is sent.

import { Act } from '../desk/acts'
import { ask } from '../desk/health'
import type { WhatIf } from '../desk/types'
import { post } from '../api/client'
import type { AskedLine } from './draft'
import type { Act as ActName, BookInstruction, Detail, Draft, Step } from './types'

const BOOK = '/api/v1/instruction-book'
const MOST = 200

const at = (id: string, part = ''): string => `${BOOK}/${encodeURIComponent(id)}${part === '' ? '' : `/${part}`}`

export interface BookPage {
  readonly entries: readonly BookInstruction[]
  /** `after` of the page that follows, '' on the last. */
  readonly next: string
}

export function askBook(after = ''): Promise<BookPage> {
  return ask(`${BOOK}?limit=${MOST}${after === '' ? '' : `&after=${encodeURIComponent(after)}`}`)
}

export function askEntry(id: string): Promise<BookInstruction> {
  return ask(at(id))
}

export function askTimeline(id: string): Promise<readonly Step[]> {
  return ask(at(id, 'timeline'))
}

export function askDetails(id: string): Promise<readonly Detail[]> {
  return ask(at(id, 'details'))
}

/** Its lines with their progress, as a file for spreadsheets. */
export const sheetAddress = (id: string, kind: 'csv' | 'xlsx'): string => `${at(id, 'sheet')}?kind=${kind}`

export function askWhatIf(id: string): Promise<WhatIf> {
  return ask(at(id, 'what-if'))
}

/** The gate's judgement of lines that were not written down yet. */
export function judge(account: string, product: string, strategy: string, lines: readonly AskedLine[]): Promise<WhatIf> {
  return post('/api/v1/what-if', { account_id: account, product_code: product, strategy, lines })
}

export interface NewInstruction {
  readonly account_id: string
  readonly product_code: string
  readonly strategy: string
  readonly draft: Draft
  readonly is_submitted: boolean
}

export function writing(wanted: NewInstruction): Act<BookInstruction> {
  return new Act(`${BOOK}/drafts`, wanted)
}

export function amending(id: string, version: number, draft: Draft): Act<BookInstruction> {
  return new Act(at(id, 'amend'), { expected_version: version, draft })
}

/** Where an act is asked for, when that is not its own name. */
const PLACES: Readonly<Partial<Record<ActName, string>>> = { send: 'sends', stop: 'sends/stop', resume: 'sends/resume', fill: 'fills' }

/** `more`: the words of this act, beside the version that was looked at. */
export function acting(act: Exclude<ActName, 'amend'>, id: string, version: number, more: Readonly<Record<string, unknown>> = {}): Act<BookInstruction> {
  return new Act(at(id, PLACES[act] ?? act), { expected_version: version, ...more })
}

export interface Following {
  readonly account_id: string
  readonly product_code: string
  readonly strategy: string
  readonly opportunity_id: string
  readonly quantity: number
  /** With the opportunity's entry price as the worst one allowed. */
  readonly is_limited: boolean
  readonly handling: Draft['handling']
  readonly trader: string
  readonly is_submitted: boolean
  readonly reason: string
}

export function following(wanted: Following): Act<BookInstruction> {
  return new Act(`${BOOK}/from-opportunity`, wanted)
}
