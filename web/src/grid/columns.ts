// The columns of the quotes grid as data, in the order terminals of this trade use.

import { digitsOf, instruments, nameOf, symbolOf } from '../state/market'
import { change, changePercent, referencePrice, type Field, type QuoteTable } from '../state/quote_table'
import { count, percent, price, short, signed } from '../format/numbers'
import { clock, msOf } from '../format/times'
import { locale } from '../app/settings'
import { t, type Key } from '../i18n'
import { qualityOf, sayQuality } from '../market/quality'

/** Rise, fall or neither; `null` where colour has nothing to say. */
export type Tone = -1 | 0 | 1 | null

export interface Column {
  readonly key: string
  readonly title: Key
  readonly width: number
  readonly isText?: boolean
  /** Shown on a phone, where four columns fit. */
  readonly isOnPhone?: boolean
  /** The price that flashes when it moves. */
  readonly isFlashing?: boolean
  /** Not shown until somebody asks for it. */
  readonly isExtra?: boolean
  readonly text: (table: QuoteTable, row: number) => string
  readonly tone?: (table: QuoteTable, row: number) => Tone
  readonly sortKey: (table: QuoteTable, row: number) => number | string
}

function toneOf(value: number): Tone {
  return Number.isNaN(value) ? null : (Math.sign(value) as Tone)
}

function toneOfChange(table: QuoteTable, row: number): Tone {
  return toneOf(change(table, row))
}

function priceColumn(key: string, title: Key, field: Field, hasTone = true, width = 72): Column {
  return {
    key,
    title,
    width,
    text: (table, row) => price(table.at(row, field), digitsOf(table.ids[row]!)),
    sortKey: (table, row) => table.at(row, field),
    ...(hasTone ? { tone: (table: QuoteTable, row: number) => toneOf(table.at(row, field) - referencePrice(table, row)) } : {}),
  }
}

function countColumn(key: string, title: Key, field: Field, width = 58): Column {
  return {
    key,
    title,
    width,
    text: (table, row) => count(table.at(row, field)),
    sortKey: (table, row) => table.at(row, field),
  }
}

function shortColumn(key: string, title: Key, valueOf: (table: QuoteTable, row: number) => number, width = 80): Column {
  return { key, title, width, text: (table, row) => short(valueOf(table, row), locale.value), sortKey: valueOf }
}

function openInterestChange(table: QuoteTable, row: number): number {
  return table.at(row, 'open_interest') - table.at(row, 'pre_open_interest')
}

function amplitude(table: QuoteTable, row: number): number {
  const reference = referencePrice(table, row)
  return reference > 0 ? ((table.at(row, 'high_price') - table.at(row, 'low_price')) / reference) * 100 : Number.NaN
}

export function exchangeOf(instrumentId: string): string {
  return instruments.value.get(instrumentId)?.exchange ?? instrumentId.split('.').at(-1) ?? ''
}

export const COLUMNS: readonly Column[] = [
  {
    key: 'symbol', title: 'col.symbol', width: 70, isText: true, isOnPhone: true,
    text: (table, row) => symbolOf(table.ids[row]!),
    sortKey: (table, row) => table.ids[row]!,
  },
  {
    key: 'name', title: 'col.name', width: 122, isText: true,
    text: (table, row) => nameOf(table.ids[row]!),
    sortKey: (table, row) => nameOf(table.ids[row]!),
  },
  { ...priceColumn('last', 'col.last', 'last_price', false, 76), tone: toneOfChange, isOnPhone: true, isFlashing: true },
  {
    key: 'change', title: 'col.change', width: 68, isOnPhone: true, tone: toneOfChange,
    text: (table, row) => signed(change(table, row), digitsOf(table.ids[row]!)),
    sortKey: change,
  },
  {
    key: 'changePercent', title: 'col.changePercent', width: 64, isOnPhone: true, tone: toneOfChange,
    text: (table, row) => percent(changePercent(table, row)).replace('%', ''),
    sortKey: changePercent,
  },
  priceColumn('bid', 'col.bid', 'bid_price'),
  countColumn('bidVolume', 'col.bidVolume', 'bid_volume', 58),
  priceColumn('ask', 'col.ask', 'ask_price'),
  countColumn('askVolume', 'col.askVolume', 'ask_volume', 58),
  countColumn('lastVolume', 'col.lastVolume', 'volume_delta', 64),
  shortColumn('volume', 'col.volume', (table, row) => table.at(row, 'volume')),
  shortColumn('openInterest', 'col.openInterest', (table, row) => table.at(row, 'open_interest')),
  {
    key: 'openInterestChange', title: 'col.openInterestChange', width: 76,
    text: (table, row) => signed(openInterestChange(table, row), 0),
    tone: (table, row) => toneOf(openInterestChange(table, row)),
    sortKey: openInterestChange,
  },
  priceColumn('open', 'col.open', 'open_price'),
  priceColumn('high', 'col.high', 'high_price'),
  priceColumn('low', 'col.low', 'low_price'),
  {
    key: 'reference', title: 'col.reference', width: 78,
    text: (table, row) => price(referencePrice(table, row), digitsOf(table.ids[row]!)),
    sortKey: referencePrice,
  },
  priceColumn('limitUp', 'col.limitUp', 'limit_up', false),
  priceColumn('limitDown', 'col.limitDown', 'limit_down', false, 76),
  {
    key: 'quality', title: 'grid.quality', width: 62, isText: true,
    text: (table, row) => sayQuality(qualityOf(table, row)),
    sortKey: (table, row) => -qualityOf(table, row).length,
  },
  {
    key: 'time', title: 'col.time', width: 76,
    text: (table, row) => clock(msOf(table.at(row, 'ts_event'))),
    sortKey: (table, row) => table.at(row, 'ts_event'),
  },
  { ...shortColumn('turnover', 'grid.turnover', (table, row) => table.at(row, 'turnover')), isExtra: true },
  { ...priceColumn('preClose', 'grid.preClose', 'pre_close_price', false), isExtra: true },
  {
    key: 'amplitude', title: 'grid.amplitude', width: 64, isExtra: true,
    text: (table, row) => percent(amplitude(table, row)).replace(/[%+]/g, ''),
    sortKey: amplitude,
  },
  {
    key: 'exchange', title: 'grid.exchange', width: 70, isText: true, isExtra: true,
    text: (table, row) => t(`exchange.${exchangeOf(table.ids[row]!)}` as Key),
    sortKey: (table, row) => exchangeOf(table.ids[row]!),
  },
  {
    key: 'currency', title: 'grid.currency', width: 56, isText: true, isExtra: true,
    text: (table, row) => instruments.value.get(table.ids[row]!)?.currency ?? '',
    sortKey: (table, row) => instruments.value.get(table.ids[row]!)?.currency ?? '',
  },
]

/** What a person sees who has chosen nothing. */
export const FIRST_COLUMNS: readonly string[] = COLUMNS.filter((column) => column.isExtra !== true).map((column) => column.key)

/**
 * The widths of the columns in a room of so many pixels: all of them stretched over it when they fit, else as many
 * whole ones as fit, so that no number is cut in half and read as a smaller one. The rest is a scroll away.
 */
export function fitWidths(columns: readonly Pick<Column, 'width'>[], room: number): number[] {
  let whole = 0
  let taken = 0
  while (whole < columns.length && taken + columns[whole]!.width <= room) {
    taken += columns[whole]!.width
    whole += 1
  }
  // A room that is narrower than the first column, or not measured yet, stretches nothing.
  const stretch = taken > 0 ? room / taken : 1
  return columns.map((column) => column.width * stretch)
}

/** Text columns stand still; every other one moves with the market. */
export function isLive(column: Column): boolean {
  return column.isText !== true
}
