// Notices and rooms in the reader's words.

import '../i18n/talk'
import { hasKey, t, tCode } from '../i18n'
import type { Notice } from './types'

/** Each product has a room, and all people have one together. */
const ALL = '*'

export function sayRoom(room: string): string {
  return room === ALL ? t('chat.allRoom') : room
}

type Told = Pick<Notice, 'kind' | 'product_code' | 'account_id' | 'subject' | 'actor' | 'params'>

/** What happened, as a sentence; a kind nobody wrote words for says its name and its words. */
export function sayNotice(notice: Told): string {
  const key = `notice.${notice.kind}`
  const { params, subject, actor, product_code: product, account_id: account } = notice
  if (!hasKey(key)) return [notice.kind.replaceAll('_', ' '), subject, ...Object.values(params)].filter((part) => part !== '').join(' · ')
  return t(key, { ...params, subject, actor: actor === '' ? t('notice.platform') : actor, product, account })
}

/** Words that stand beside the sentence: what it belongs to. */
export function sayWhose(notice: Told): string {
  return [notice.product_code, notice.account_id].filter((part) => part !== '').join(' · ')
}

/** Where a notice leads: the page that shows what it is about. */
export function addressOf(notice: Told): string {
  if (notice.kind.startsWith('instruction_')) return `/instructions?id=${encodeURIComponent(notice.subject)}`
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
