// The book's codes in the reader's words.

import '../i18n/book'
import { session } from '../app/session'
import { t, tCode } from '../i18n'
import { symbolOf } from '../state/market'
import { may } from '../office/rights'
import { changeOf } from './progress'
import type { BookInstruction } from './types'
import type { Who } from './workflow'

export function sayBookStatus(status: string): string {
  return tCode('bookStatus', status)
}

export function sayAct(act: string): string {
  return tCode('act', act, undefined, act.replaceAll('_', ' '))
}

/** `+3`, `−2`, `0`: with the page's own minus. */
export function signedLots(lots: number): string {
  if (lots === 0) return '0'
  return lots > 0 ? `+${lots}` : `−${-lots}`
}

export function plainLots(lots: number): string {
  return lots < 0 ? `−${-lots}` : String(lots)
}

/** What it is about, in a few words: `rb2605 +3、au2606 −1 等 5 个合约`. */
export function sayLines(instruction: BookInstruction, most = 2): string {
  const parts = instruction.adjustments
  const shown = parts.slice(0, most).map((each) => `${symbolOf(each.instrument_id)} ${signedLots(changeOf(each))}`)
  const text = shown.join(t('join.words'))
  return parts.length > most ? t('book.andMore', { text, count: parts.length }) : text
}

/** Who sits at this page, for what they are offered. */
export function whoIsHere(): Who {
  return { username: session.value?.identity ?? '', may }
}
