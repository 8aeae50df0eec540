// The notes of an instruction's timeline in the reader's words. The book writes them for the record, in one language;
// each form it has is here, and what is of none (a reason in somebody's own words) is shown as it was written.

import { sayCode, saySide } from '../desk/words'
import { t, tCode } from '../i18n'
import { symbolOf } from '../state/market'
import type { Step } from './types'
import { sayBookStatus } from './words'

type Told = Readonly<Record<string, string>>
type Form = readonly [pattern: RegExp, say: (told: Told) => string]

/** Sends are counted from 1 on the page, from 0 in the record. */
const nth = (number: string | undefined): number => Number(number) + 1
const codes = (text: string | undefined): string => (text ?? '').split(', ').map(sayCode).join(t('join.words'))
const lots = ({ side = '', id = '', count = '' }: Told): string => t('note.lots', { side: saySide(side as 'buy' | 'sell'), symbol: symbolOf(id), count })

const FORMS: readonly Form[] = [
  [/^(?<count>\d+) contracts$/, ({ count = '' }) => t('note.contracts', { count })],
  [/^send (?<number>\d+): (?<side>buy|sell) (?<count>\d+) (?<id>\S+) (?<algorithm>\w+)$/, (told) => t('note.send', { number: nth(told.number), lots: lots(told), algorithm: tCode('algorithm', told.algorithm ?? '') })],
  [/^send (?<number>\d+)$/, ({ number }) => t('note.ofSend', { number: nth(number) })],
  [/^all sends$/, () => t('book.allSends')],
  [/^the end time of send (?<number>\d+) is over$/, ({ number }) => t('note.sendOver', { number: nth(number) })],
  [/^trading is halted$/, () => t('note.halted')],
  [/^(?<side>buy|sell) (?<count>\d+) (?<id>\S+) at (?<price>\S+), trade (?<trade>.+?)(?<booked>, booked)?$/, (told) => t('note.fill', { lots: lots(told), price: told.price ?? '', trade: told.trade ?? '' }) + (told.booked === undefined ? '' : ` · ${t('book.booked')}`)],
  [/^(?<before>\S+) → (?<after>\S+)$/, ({ before = '', after = '' }) => `${before === 'nobody' ? t('note.nobody') : before} → ${after}`],
  [/^(?<id>\S+) (?<side>buy|sell) (?<count>\d+) → (?<now>\d+)$/, (told) => `${lots(told)} → ${told.now ?? ''}`],
  [/^waits for an approval: the gate says (?<codes>.+)$/, (told) => t('note.waits', { why: codes(told.codes) })],
  [/^over the gate's (?<codes>.+)$/, (told) => t('note.overridden', { why: codes(told.codes) })],
  [/^needs no second person/, () => t('note.alone')],
  [/^(?<algorithm>\w+) from (?<moment>acceptance|approval)$/, ({ algorithm = '', moment = '' }) => `${tCode('algorithm', algorithm)} · ${tCode('handling', moment)}`],
  [/^made (?<count>\d+) orders/, ({ count = '' }) => t('note.tooMany', { count })],
  [/^day_end$/, () => t('book.dayEnd')],
  [/^expired$/, () => t('note.expired')],
  [/^(?<id>[\w-]+\.[A-Z]+)$/, ({ id = '' }) => symbolOf(id)],
]

export function sayNote({ act, note }: Pick<Step, 'act' | 'note'>): string {
  if (act === 'progress') return note.split(' → ').map(sayBookStatus).join(' → ')
  return note.split('; ').map(sayPart).join(t('join.words'))
}

function sayPart(text: string): string {
  for (const [pattern, say] of FORMS) {
    const found = pattern.exec(text)
    if (found !== null) return say((found.groups ?? {}) as Told)
  }
  return text
}
