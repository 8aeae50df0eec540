// The words of an act beside the version that was looked at: what the form asks for, what is wrong with it, what is sent.

import { parse, plain } from '../desk/exact'
import type { Algorithm, Offset } from '../desk/types'
import type { Act } from './types'

export interface ActFields {
  readonly reason: string
  readonly trader: string
  readonly quantity: number
  readonly algorithm: Algorithm
  readonly limitPrice: string
  readonly durationS: number
  readonly slices: number
  readonly display: number
  readonly tradeId: string
  readonly price: string
  readonly offset: Offset
  readonly isBooked: boolean
  readonly overridesRisk: boolean
}

export const EMPTY_FIELDS: ActFields = {
  reason: '', trader: '', quantity: 1, algorithm: 'direct', limitPrice: '', durationS: 300, slices: 10, display: 1,
  tradeId: '', price: '', offset: 'open', isBooked: false, overridesRisk: false,
}

export type ActFault = 'reason' | 'trader' | 'quantity' | 'price' | 'tradeId' | 'duration'

const MOST_LOTS = 1_000_000

function isLots(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= Math.min(most, MOST_LOTS)
}

function isPrice(text: string): boolean {
  return (parse(text)?.units ?? 0n) > 0n
}

/** What keeps the act from being sent; `most` lots are left of its line. */
export function faultOf(act: Act, fields: ActFields, most: number): ActFault | null {
  if (act === 'reject' && fields.reason.trim() === '') return 'reason'
  if (act === 'reassign' && fields.trader.trim() === '') return 'trader'
  if (act === 'send') {
    if (!isLots(fields.quantity, most)) return 'quantity'
    if (fields.limitPrice.trim() !== '' && !isPrice(fields.limitPrice)) return 'price'
    const isTimed = fields.algorithm === 'twap' || fields.algorithm === 'vwap'
    return isTimed && !(fields.durationS > 0 && fields.slices > 0) ? 'duration' : null
  }
  if (act === 'fill') {
    if (!isLots(fields.quantity, MOST_LOTS)) return 'quantity'
    if (!isPrice(fields.price)) return 'price'
    return fields.tradeId.trim() === '' ? 'tradeId' : null
  }
  return null
}

/** The body of the act; `at` is the line, or the send, that it is about. */
export function bodyOf(act: Act, fields: ActFields, at: number | null): Record<string, unknown> {
  const reason = fields.reason.trim()
  switch (act) {
    case 'approve':
      return { reason, ...(fields.overridesRisk ? { overrides_risk: true } : {}) }
    case 'reassign':
      return { reason, trader: fields.trader.trim() }
    case 'send':
      return { reason, adjustment: at, quantity: fields.quantity, execution: executionOf(fields) }
    case 'stop':
      return { reason, ...(at === null ? {} : { send: at }) }
    case 'resume':
      return { reason, send: at }
    case 'waive':
      return { reason, adjustment: at }
    case 'fill':
      return {
        reason, adjustment: at, trade_id: fields.tradeId.trim(), quantity: fields.quantity, price: priceOf(fields.price),
        offset: fields.offset, is_booked: fields.isBooked,
      }
    default:
      return { reason }
  }
}

function priceOf(text: string): string | null {
  const value = parse(text)
  return value === null ? null : plain(value)
}

function executionOf({ algorithm, limitPrice, durationS, slices, display }: ActFields): Record<string, unknown> {
  return {
    algorithm,
    limit_price: limitPrice.trim() === '' ? null : priceOf(limitPrice),
    ...(algorithm === 'twap' || algorithm === 'vwap' ? { duration_s: durationS, slices } : {}),
    ...(algorithm === 'iceberg' ? { display_quantity: display } : {}),
  }
}
