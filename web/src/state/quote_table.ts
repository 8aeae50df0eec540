// The newest quote of every instrument, one typed array per field and a version per row: painters compare versions
// and touch only what changed. Nothing here is reactive; a feed of thousands of quotes a second must cost nothing.

import type { DepthLevel, Tick } from '../api/types'

export const FIELDS = [
  'seq', 'ts_event', 'trading_day', 'last_price', 'volume', 'turnover', 'open_interest',
  'bid_price', 'bid_volume', 'ask_price', 'ask_volume', 'open_price', 'high_price', 'low_price',
  'pre_settlement_price', 'pre_close_price', 'pre_open_interest', 'limit_up', 'limit_down', 'settlement_price',
  'volume_delta', 'flags',
] as const
export type Field = (typeof FIELDS)[number]

const FIRST_CAPACITY = 64
/** More instruments than any exchange lists; a flood of names must not eat the tab. */
const MOST_ROWS = 5000

type Columns = Record<Field, Float64Array>

export class QuoteTable {
  readonly ids: string[] = []
  readonly depth: (readonly DepthLevel[] | null)[] = []
  columns: Columns
  version: Uint32Array
  /** Direction of the last move of the price: −1, 0, 1. */
  moved: Int8Array
  private readonly rows = new Map<string, number>()
  private readonly listeners = new Set<() => void>()
  private capacity = FIRST_CAPACITY

  constructor() {
    this.columns = emptyColumns(this.capacity)
    this.version = new Uint32Array(this.capacity)
    this.moved = new Int8Array(this.capacity)
  }

  get size(): number {
    return this.ids.length
  }

  rowOf(instrumentId: string): number {
    return this.rows.get(instrumentId) ?? -1
  }

  /** The row of an instrument, made without values when it is new; −1 when the table is full. */
  ensure(instrumentId: string): number {
    const known = this.rows.get(instrumentId)
    if (known !== undefined) return known
    const row = this.ids.length
    if (row >= MOST_ROWS) return -1
    if (row >= this.capacity) this.grow()
    this.ids.push(instrumentId)
    this.depth.push(null)
    this.rows.set(instrumentId, row)
    for (const field of FIELDS) this.columns[field][row] = Number.NaN
    return row
  }

  /** True once a quote was seen. */
  has(row: number): boolean {
    return !Number.isNaN(this.columns.last_price[row]!)
  }

  at(row: number, field: Field): number {
    return this.columns[field][row] ?? Number.NaN
  }

  apply(ticks: readonly Tick[]): void {
    for (const tick of ticks) this.put(tick)
    if (ticks.length > 0) for (const listener of this.listeners) listener()
  }

  clear(): void {
    for (let row = 0; row < this.size; row += 1) {
      for (const field of FIELDS) this.columns[field][row] = Number.NaN
      this.depth[row] = null
      this.moved[row] = 0
      this.version[row]! += 1
    }
    for (const listener of this.listeners) listener()
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  private put(tick: Tick): void {
    const row = this.ensure(tick.instrument_id)
    if (row < 0) return
    const { columns } = this
    const before = columns.last_price[row]!
    // The first quote of a row moves from nothing: no flash.
    this.moved[row] = Number.isNaN(before) ? 0 : Math.sign(tick.last_price - before)
    for (const field of FIELDS) columns[field][row] = tick[field] ?? (field === 'flags' ? 0 : Number.NaN)
    this.depth[row] = tick.depth ?? null
    this.version[row]! += 1
  }

  private grow(): void {
    this.capacity *= 2
    const columns = emptyColumns(this.capacity)
    for (const field of FIELDS) columns[field].set(this.columns[field])
    this.columns = columns
    const version = new Uint32Array(this.capacity)
    version.set(this.version)
    this.version = version
    const moved = new Int8Array(this.capacity)
    moved.set(this.moved)
    this.moved = moved
  }
}

function emptyColumns(capacity: number): Columns {
  return Object.fromEntries(FIELDS.map((field) => [field, new Float64Array(capacity).fill(Number.NaN)])) as Columns
}

/** What a change is measured against: the previous settlement of a future, the previous close of a stock. */
export function referencePrice(table: QuoteTable, row: number): number {
  const settlement = table.at(row, 'pre_settlement_price')
  return Number.isNaN(settlement) ? table.at(row, 'pre_close_price') : settlement
}

export function change(table: QuoteTable, row: number): number {
  return table.at(row, 'last_price') - referencePrice(table, row)
}

export function changePercent(table: QuoteTable, row: number): number {
  const reference = referencePrice(table, row)
  return reference > 0 ? (change(table, row) / reference) * 100 : Number.NaN
}
