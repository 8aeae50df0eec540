// Notices and rooms in the reader's words.

import '../i18n/talk'
import { isOfBook } from '../book/ids'
import { hasKey, t, tCode } from '../i18n'
import { sayUnit } from '../i18n/units'
import { symbolOf } from '../state/market'
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
  if (!hasKey(key)) return [notice.kind.replaceAll('_', ' '), subject, ...Object.values(params)].filter((part) => part !== '').join(' · ')
  const told = t(key, { ...params, ...wordsOf(params), subject, actor: actor === '' ? t('notice.platform') : actor })
  const reason = params['reason'] ?? ''
  return reason === '' ? told : t('notice.because', { told, reason })
}

/** The words that are codes or ids, in the reader's own. */
function wordsOf(params: Told['params']): Record<string, string> {
  const { scope = '', key = '', alert = '', severity = '', instrument_id: instrument = '', room = '' } = params
  return {
    where: scope === 'platform' || scope === '' ? t('notice.scope.platform') : `${tCode('notice.scope', scope)} ${key}`,
    alert: tCode('alert.kind', alert, undefined, alert.replaceAll('_', ' ')),
    severity: tCode('severity', severity),
    symbol: symbolOf(instrument),
    unit: sayUnit(instrument),
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
