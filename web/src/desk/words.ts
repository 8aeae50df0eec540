// The desk's codes in the reader's words: statuses, sides, books, and above all why something was refused.

import '../i18n/desk'
import { t, tCode } from '../i18n'
import { countedIn, sayUnit } from '../i18n/units'
import { digitsOf, symbolOf } from '../state/market'
import { money, parse, plain, round, signOf } from './exact'
import { UNASSIGNED, WHOLE } from './positions'
import type { Direction, Refusal, TradingState } from './types'

export function sayBook(book: string): string {
  if (book === WHOLE) return t('desk.bookWhole')
  if (book === UNASSIGNED) return t('desk.bookUnassigned')
  const [product = '', strategy = ''] = book.split('/')
  return product === '' ? strategy : strategy === '' ? product : `${product} / ${strategy}`
}

export function sayDirection(direction: Direction): string {
  return t(`desk.direction.${direction}`)
}

export function saySide(side: string): string {
  return tCode('desk.side', side)
}

export function sayOffset(offset: string): string {
  return tCode('desk.offset', offset)
}

export function sayStatus(status: string): string {
  return tCode('desk.status', status)
}

/** What a code says; one that nobody wrote words for is shown as it is. */
export function sayCode(code: string): string {
  return tCode('refusal', code, undefined, tCode('why', code, undefined, code.replaceAll('_', ' ')))
}

/** `account:paper` → 账户 paper; the platform has no name beside its own. */
export function sayScope(scope: string): string {
  const [kind = '', ...rest] = scope.split(':')
  const key = rest.join(':')
  const name = kind === 'instrument' ? symbolOf(key) : key
  return name === '' ? tCode('scope', kind) : `${tCode('scope', kind)} ${name}`
}

/** A limit or a value of a refusal: money is grouped, everything else stays as it was said. */
function sayAmount(text: string): string {
  const value = parse(text)
  if (value === null) return text
  if (value.units === 0n) return '0'
  let shown = value
  while (shown.scale > 0 && shown.units % 10n === 0n) shown = { units: shown.units / 10n, scale: shown.scale - 1 }
  // A calendar day is no amount of money.
  const isDay = shown.scale === 0 && /^(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/.test(plain(shown))
  return isDay ? plain(shown) : money(shown, Math.min(4, shown.scale))
}

/** `active`, `known rates`: what was wanted, in the rule's own words and no figure. */
const PHRASE = /^[a-z_]+( [a-z_]+)*$/i

export function sayRefusal(refusal: Refusal): string {
  const { code, scope, limit, actual } = refusal
  const told = code === '' ? tCode('rule', refusal.rule) : sayCode(code)
  if (limit === '' && actual === '') return told
  // Some rules tell what they missed in words of their own: the code says as much in the reader's.
  if (PHRASE.test(limit)) return t('refusal.plain', { told, scope: sayScope(scope) })
  return t('refusal.sentence', { told, scope: sayScope(scope), limit: sayAmount(limit), actual: sayAmount(actual) })
}

const REASON = /(\w+) \(([^)]*)\): limit (.*?), was (.*?)(?=; \w+ \(|$)/g

/** The refusals that an order's record keeps as one line; its first code belongs to the first of them. */
export function refusalsOf(code: string, reason: string): Refusal[] {
  return [...reason.matchAll(REASON)].map(([, rule = '', scope = '', limit = '', actual = ''], at) => ({
    rule,
    code: at === 0 ? code : '',
    scope,
    limit,
    actual,
  }))
}

/** Sentences for why an order or an instruction came to nothing. */
export function sayReasons(code: string, reason: string): string[] {
  const refusals = refusalsOf(code, reason)
  if (refusals.length > 0) return refusals.map(sayRefusal)
  if (code === '' && reason === '') return []
  const told = code === '' ? '' : sayCode(code)
  return [told !== '' && reason !== '' && reason !== code ? `${told} · ${reason}` : told || reason]
}

export function sayState(state: TradingState): string {
  return `${sayScope(state.key === '' ? state.scope : `${state.scope}:${state.key}`)} ${t(`mode.${state.mode}`)}`
}

/** A price of the contract, given as text by the desk. */
export function priceText(text: string | null | undefined, instrumentId: string, extra = 0): string {
  const value = parse(text ?? null)
  return value === null ? '—' : money(value, digitsOf(instrumentId) + extra).replaceAll(',', '')
}

/** Money lost against the price first seen is positive: a sign alone tells nobody which is good. */
export function saySlippage(amount: string | null | undefined): { readonly text: string; readonly tone: string } {
  const value = parse(amount ?? null)
  const sign = value === null ? 0 : signOf(round(value, 2))
  if (value === null || sign === 0) return { text: money(amount), tone: '' }
  const size = money(sign < 0 ? { ...value, units: -value.units } : value)
  return sign > 0 ? { text: t('slip.lost', { amount: size }), tone: 'is-bad-text' } : { text: t('slip.saved', { amount: size }), tone: 'is-good-text' }
}

export function sayCount(count: number, instrumentId: string): string {
  return t('desk.count', { count, unit: count === 1 ? t(`desk.one.${countedIn(instrumentId)}`) : sayUnit(instrumentId) })
}

/** Of contracts of more than one kind: `3 手`. */
export const sayLots = (count: number): string => sayCount(count, '')

/** `手数`, `股数`, `数量`: what a field is called that takes one. */
export const quantityName = (instrumentId: string): string => t(`quantity.${countedIn(instrumentId)}`)
