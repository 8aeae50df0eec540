// How the page asks for records: filter, search, sort and the page after the last row seen.

import { exact, sum, type Exact } from './exact'
import type { RecordRow, RecordTotals } from './types'

export interface Condition {
  readonly column: string
  readonly test: 'is' | 'is_not' | 'below' | 'at_most' | 'at_least' | 'above' | 'one_of' | 'contains' | 'begins'
  readonly value: string | number | readonly string[]
}

export interface RecordAsk {
  readonly view: string
  readonly where?: readonly Condition[]
  readonly search?: string
  readonly sort?: string
  readonly isDescending?: boolean
  readonly after?: string
  readonly limit?: number
}

function queryOf(ask: RecordAsk): URLSearchParams {
  const query = new URLSearchParams()
  if (ask.where !== undefined && ask.where.length > 0) query.set('where', JSON.stringify(ask.where))
  if (ask.search !== undefined && ask.search !== '') query.set('search', ask.search)
  if (ask.sort !== undefined && ask.sort !== '') query.set('sort', ask.sort)
  if (ask.isDescending === false) query.set('order', 'asc')
  return query
}

export function pageAddress(ask: RecordAsk): string {
  const query = queryOf(ask)
  if (ask.after !== undefined && ask.after !== '') query.set('after', ask.after)
  query.set('limit', String(ask.limit ?? 50))
  return `/api/v1/records/${ask.view}?${query}`
}

/** What all that fits the filter comes to. */
export function totalsAddress(ask: RecordAsk): string {
  const query = queryOf({ view: ask.view, where: ask.where ?? [], search: ask.search ?? '' }).toString()
  return `/api/v1/records/${ask.view}/totals${query === '' ? '' : `?${query}`}`
}

/** All that fits the filter, whichever page is on the screen. */
export function csvAddress(ask: RecordAsk): string {
  const query = queryOf(ask).toString()
  return `/api/v1/records/${ask.view}/csv${query === '' ? '' : `?${query}`}`
}

export interface Filter {
  readonly instrument: string
  readonly side: string
  readonly status: string
  readonly from: string
  readonly to: string
}

export const NO_FILTER: Filter = { instrument: '', side: '', status: '', from: '', to: '' }

/** `2026-11-22` as the trading day 20261122; anything else is no day. */
export function dayOf(day: string): number | null {
  return /^\d{4}-\d{2}-\d{2}$/.test(day) ? Number(day.replaceAll('-', '')) : null
}

export function conditionsOf(filter: Filter, view: 'orders' | 'trades'): Condition[] {
  const found: Condition[] = []
  const instrument = filter.instrument.trim()
  if (instrument !== '') found.push({ column: 'instrument_id', test: 'begins', value: instrument })
  if (filter.side !== '') found.push({ column: view === 'orders' ? 'side' : 'direction', test: 'is', value: filter.side })
  if (filter.status !== '' && view === 'orders') found.push({ column: 'status', test: 'is', value: filter.status })
  const [from, to] = [dayOf(filter.from), dayOf(filter.to)]
  if (from !== null) found.push({ column: 'trading_day', test: 'at_least', value: from })
  if (to !== null) found.push({ column: 'trading_day', test: 'at_most', value: to })
  return found
}

export function text(row: RecordRow, column: string): string {
  return String(row[column] ?? '')
}

/** Only what closes brings a profit; the record says what once the fill is booked. */
export function isClosing(row: RecordRow): boolean {
  return text(row, 'position_offset') !== 'open' && text(row, 'close_pnl_by_trade') !== ''
}

export interface TradeSums {
  readonly count: number
  readonly volume: number
  readonly closed: Exact
  readonly fee: Exact
}

/** What fills come to that are all on the screen. */
export function sumsOf(rows: readonly RecordRow[]): TradeSums {
  return {
    count: rows.length,
    volume: rows.reduce((total, row) => total + Number(row['volume'] ?? 0), 0),
    closed: sum(rows.filter(isClosing).map((row) => text(row, 'close_pnl_by_trade'))),
    fee: sum(rows.filter((row) => text(row, 'commission') !== '').map((row) => text(row, 'commission'))),
  }
}

/** What fills come to of which a page shows a part, as the record adds them up. */
export function sumsTold({ count, sums }: RecordTotals): TradeSums {
  return { count, volume: Number(sums['volume']), closed: exact(sums['close_pnl_by_trade'] ?? '0'), fee: exact(sums['commission'] ?? '0') }
}

export interface Stage {
  readonly kind: string
  readonly status: string
  readonly ts: number
  readonly filled: number
  readonly reasonCode: string
  readonly reason: string
}

interface Told {
  readonly status?: string
  readonly ts_event?: number
  readonly filled_quantity?: number
  readonly reason_code?: string
  readonly reason?: string
  readonly refusals?: readonly { readonly code: string }[]
}

/** An order's way through the journal: asked for, let through or refused, each state it had. */
export function stagesOf(rows: readonly RecordRow[]): Stage[] {
  return rows.flatMap((row) => {
    const kind = text(row, 'kind')
    let told: Told
    try {
      told = JSON.parse(text(row, 'payload')) as Told
    } catch {
      return []
    }
    return [
      {
        kind,
        status: told.status ?? '',
        // When the record was written: of what follows within one moment of the line this still tells the order.
        ts: Number(row['ts'] ?? told.ts_event ?? 0),
        filled: told.filled_quantity ?? 0,
        reasonCode: told.reason_code ?? told.refusals?.[0]?.code ?? '',
        reason: told.reason ?? '',
      },
    ]
  })
}
