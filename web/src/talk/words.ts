// Notices and rooms in the reader's words.

import '../i18n/talk'
import { isOfBook } from '../book/ids'
import { session } from '../app/session'
import { hasKey, t, tCode } from '../i18n'
import { sayKind } from '../i18n/alerts'
import { sayUnit } from '../i18n/units'
import { symbolOf } from '../state/market'
import { PLATFORM, sayPerson } from '../people/names'
import type { Attachment, Notice } from './types'

/** Each product has a room, and all people have one together. */
const ALL = '*'

export function sayRoom(room: string): string {
  return room === ALL ? t('chat.allRoom') : room
}

/** What hangs on a message, in a few words. */
export function sayAttachment(attachment: Attachment): string {
  if (attachment.type === 'instruction') return t('chat.anInstruction', { id: attachment.instruction_id })
  return t('chat.chart', { symbol: symbolOf(attachment.instrument_id), minutes: Math.max(1, Math.round(attachment.interval_s / 60)) })
}

type Told = Pick<Notice, 'kind' | 'product_code' | 'account_id' | 'subject' | 'actor' | 'params'>

/** What happened, as a sentence; a kind nobody wrote words for says its name and its words. */
export function sayNotice(notice: Told): string {
  const key = `notice.${notice.kind}`
  const { params, subject, actor } = notice
  if (params['outcome'] !== undefined) return sayOwn(notice)
  if (!hasKey(key)) return [notice.kind.replaceAll('_', ' '), subject, ...Object.values(params)].filter((part) => part !== '').join(' · ')
  return withReason(t(key, { ...params, ...wordsOf(params), subject, actor: sayPerson(actor || PLATFORM) }), params)
}

/** How a ticket's or a close button's wish ended: it is known by what it was for, and by whose it was if not one's own. */
function sayOwn({ params, actor }: Told): string {
  const { outcome = '', lines = '1' } = params
  const what = Number(lines) > 1 ? t('notice.trade.more', { what: sayTrade(params), lines }) : sayTrade(params)
  const { instrument_id: instrument = '', filled = '' } = params
  const told = t('notice.trade.told', { what, outcome: tCode('notice.outcome', outcome, { filled: `${filled} ${sayUnit(instrument)}` }) })
  return withReason(actor === session.value?.identity ? told : t('notice.trade.by', { actor: sayPerson(actor), told }), params)
}

/** `买入开仓 rb2605 2 手 @3147`; without a price for a market order, without an offset where nobody knows it any more. */
function sayTrade(params: Told['params']): string {
  const { side = '', offset = '', quantity = '', price = '', instrument_id: instrument = '' } = params
  const what = `${side === '' ? '' : tCode('notice.side', side)}${offset === '' ? '' : tCode('notice.offset', offset)} ${symbolOf(instrument)} ${quantity} ${sayUnit(instrument)}`.trim()
  return price === '' ? what : `${what} @${price}`
}

function withReason(told: string, params: Told['params']): string {
  const reason = params['reason'] ?? ''
  // The desk's codes have words where the desk's words are at hand; what people wrote stays as it is.
  return reason === '' ? told : t('notice.because', { told, reason: tCode('refusal', reason, undefined, tCode('why', reason, undefined, reason)) })
}

/** The words that are codes or ids, in the reader's own. */
function wordsOf(params: Told['params']): Record<string, string> {
  const { scope = '', key = '', alert = '', severity = '', instrument_id: instrument = '', room = '' } = params
  return {
    where: scope === 'platform' || scope === '' ? t('notice.scope.platform') : `${tCode('notice.scope', scope)} ${key}`,
    alert: sayKind(alert),
    severity: tCode('severity', severity),
    symbol: symbolOf(instrument),
    unit: sayUnit(instrument),
    what: sayTrade(params),
    room: sayRoom(room),
  }
}

/** Words that stand beside the sentence: what it belongs to. */
export function sayWhose(notice: Told): string {
  return [notice.product_code, notice.account_id].filter((part) => part !== '').join(' · ')
}

/** Where a notice leads: the page that shows what it is about. */
export function addressOf(notice: Told): string {
  // Tickets, buttons and plans make instructions too, that never went through the book.
  if (notice.kind.startsWith('instruction_')) return isOfBook(notice.subject) ? `/instructions?id=${encodeURIComponent(notice.subject)}` : '/trades'
  if (notice.kind.startsWith('order_')) return '/trades'
  if (notice.kind === 'chat_mention') return `/chat?room=${encodeURIComponent(notice.params['room'] ?? '')}`
  if (notice.kind === 'settlement_done' || notice.kind === 'limit_warning') return '/account'
  if (notice.kind === 'reconciliation_difference') return '/positions'
  if (notice.kind === 'feed_alarm') return '/system'
  return notice.kind === 'risk_alert' ? '/market' : ''
}

export function sayChannel(channel: string): string {
  return tCode('channel', channel)
}
