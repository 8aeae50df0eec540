// How good a quote is, in codes: what the grid's mark and the badges of the detail are made of. Pure over the table and
// the market's own clock; hours come from the calendar where somebody has asked for them.

import { t, type Key } from '../i18n'
import { line } from '../state/market'
import type { QuoteTable } from '../state/quote_table'

export const QUALITIES = ['crossed', 'limitUp', 'limitDown', 'silent', 'auction', 'offSession', 'repaired', 'test', 'last'] as const
export type Quality = (typeof QUALITIES)[number]

const FLAG = { auction: 2, offSession: 4, limitUp: 16, limitDown: 32, repaired: 64, test: 128, last: 256 } as const
/** Longer without a quote than this, while others have them, is silence. */
export const SILENT_MS = 120_000

/** What is to be said of a row, the gravest first. */
export function qualityOf(table: QuoteTable, row: number): Quality[] {
  if (!table.has(row)) return []
  const flags = table.at(row, 'flags')
  const isSet = (bit: number): boolean => (flags & bit) !== 0
  const bid = table.at(row, 'bid_price')
  const ask = table.at(row, 'ask_price')
  const found: Quality[] = []
  if (bid > 0 && ask > 0 && bid >= ask && !isSet(FLAG.auction)) found.push('crossed')
  if (isSet(FLAG.last)) found.push('last')
  if (isSet(FLAG.limitUp)) found.push('limitUp')
  if (isSet(FLAG.limitDown)) found.push('limitDown')
  if (isSet(FLAG.offSession)) found.push('offSession')
  else if (line.ms - table.at(row, 'ts_event') / 1e6 > SILENT_MS) found.push('silent')
  if (isSet(FLAG.auction)) found.push('auction')
  if (isSet(FLAG.repaired)) found.push('repaired')
  if (isSet(FLAG.test)) found.push('test')
  return found
}

/** The short mark of the grid: the gravest only, a number for the rest. */
export function sayQuality(found: readonly Quality[]): string {
  if (found.length === 0) return ''
  const word = t(`quality.${found[0]!}` as Key)
  return found.length > 1 ? `${word}+${found.length - 1}` : word
}
