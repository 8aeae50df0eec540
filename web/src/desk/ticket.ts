// An order ticket as data: what is filled in, what is wrong with it, and the wish it becomes.

import type { Instrument, Side } from '../api/types'
import { exact, parse, plain, plus, round, type Exact } from './exact'
import type { Algorithm } from './types'

export const INTENTS = ['auto', 'open', 'close'] as const
export const TIMES = ['day', 'fak', 'fok'] as const
export type PriceKind = 'limit' | 'market'

export interface Ticket {
  readonly side: Side
  readonly intent: (typeof INTENTS)[number]
  readonly quantity: number
  readonly priceKind: PriceKind
  readonly price: string
  readonly algorithm: Algorithm
  readonly timeInForce: (typeof TIMES)[number]
  readonly durationS: number
  readonly slices: number
  readonly display: number
}

export type TicketFault = 'quantity' | 'boardLot' | 'boardLeast' | 'price' | 'tick' | 'duration' | 'slices' | 'display'

const MOST_LOTS = 1_000_000
const MOST_SLICES = 1000
const DAY_S = 86_400

/** Fewest that are bought at once, 1 where no table knows it. */
export const lotOf = (instrument: Instrument | null): number => instrument?.board_lot ?? 1

/** Shares are bought in whole board lots, those of the STAR market in any number from two of them on; whatever is left may be sold. */
function lotFault(ticket: Ticket, instrument: Instrument | null): TicketFault | null {
  const lot = lotOf(instrument)
  if (ticket.side === 'sell' || ticket.quantity % lot === 0) return null
  if (instrument?.product_id !== 'STAR') return 'boardLot'
  return ticket.quantity < lot ? 'boardLeast' : null
}

export function needsTime(algorithm: Algorithm): boolean {
  return algorithm === 'twap' || algorithm === 'vwap'
}

/** A number of the line as the contract writes it. */
export function priceOf(value: number | null | undefined, instrument: Instrument | null): string {
  if (value === null || value === undefined || !Number.isFinite(value) || instrument === null) return ''
  return value.toFixed(instrument.price_digits)
}

function tickOf(instrument: Instrument): Exact {
  return round(exact(instrument.price_tick), instrument.price_digits)
}

export function isOnTick(price: string, instrument: Instrument): boolean {
  const value = parse(price)
  const tick = tickOf(instrument)
  if (value === null || tick.units === 0n) return true
  const scale = Math.max(value.scale, tick.scale)
  return (value.units * 10n ** BigInt(scale - value.scale)) % (tick.units * 10n ** BigInt(scale - tick.scale)) === 0n
}

/** One price step up or down; an empty field begins at `from`. */
export function step(price: string, by: 1 | -1, from: string, instrument: Instrument): string {
  const start = parse(price) ?? parse(from)
  if (start === null) return price
  const tick = tickOf(instrument)
  const moved = round(plus(start, { units: tick.units * BigInt(by), scale: tick.scale }), instrument.price_digits)
  return moved.units > 0n ? plain(moved) : price
}

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most
}

/** What the page itself can see is wrong; everything else the gate judges. */
export function faultOf(ticket: Ticket, instrument: Instrument | null): TicketFault | null {
  if (!isWhole(ticket.quantity, 1, MOST_LOTS)) return 'quantity'
  const fault = lotFault(ticket, instrument)
  if (fault !== null) return fault
  if (ticket.priceKind === 'limit') {
    const price = parse(ticket.price)
    if (price === null || price.units <= 0n) return 'price'
    if (instrument !== null && !isOnTick(ticket.price, instrument)) return 'tick'
  }
  if (needsTime(ticket.algorithm)) {
    if (!isWhole(ticket.durationS, 1, DAY_S)) return 'duration'
    if (!isWhole(ticket.slices, 1, MOST_SLICES)) return 'slices'
  }
  if (ticket.algorithm === 'iceberg' && !isWhole(ticket.display, 1, ticket.quantity)) return 'display'
  return null
}

/** The wish as the desk takes it; fields an algorithm has no use for stay away. */
export function wishOf(ticket: Ticket, account: string, instrumentId: string): Readonly<Record<string, unknown>> {
  const execution = {
    algorithm: ticket.algorithm,
    ...(ticket.priceKind === 'limit' ? { limit_price: plain(exact(ticket.price)) } : {}),
    ...(ticket.algorithm === 'direct' ? { time_in_force: ticket.timeInForce } : {}),
    ...(needsTime(ticket.algorithm) ? { duration_s: ticket.durationS, slices: ticket.slices } : {}),
    ...(ticket.algorithm === 'iceberg' ? { display_quantity: ticket.display } : {}),
  }
  const line = { instrument_id: instrumentId, side: ticket.side, quantity: ticket.quantity, intent: ticket.intent, execution }
  return { account_id: account, lines: [line] }
}
