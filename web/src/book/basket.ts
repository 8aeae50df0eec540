// A basket as people paste it from a spreadsheet: a row a contract, columns by their names or in the usual order. Each
// row is read by itself: a bad one says what is wrong with which word, and the others stay.

import { parse, plain } from '../desk/exact'

export const COLUMNS = ['instrument', 'target', 'delta', 'weight', 'limit_price'] as const
export type Column = (typeof COLUMNS)[number] | 'side' | 'quantity'

/** How the columns are called in sheets, in lower case. */
const NAMES: Readonly<Record<Column, readonly string[]>> = {
  instrument: ['合约', '合约代码', '代码', '品种', 'instrument', 'instrument_id', 'symbol', 'contract', 'code', 'c_instrument_id'],
  target: ['目标', '目标持仓', '目标手数', '调整后', 'target', 'adjusted_position', 'target_position'],
  delta: ['增减', '变化', '调整', '调整手数', 'delta', 'change'],
  weight: ['权重', '比例', '仓位', 'weight'],
  limit_price: ['限价', '价格', '委托价', 'limit', 'limit_price', 'price'],
  side: ['方向', '买卖', '买卖方向', 'side', 'direction', 'buy_sell'],
  quantity: ['手数', '数量', 'quantity', 'lots', 'qty', 'volume'],
}
const USUAL: readonly Column[] = ['instrument', 'side', 'quantity', 'limit_price']
const BUY: ReadonlySet<string> = new Set(['买', '买入', '多', '做多', 'buy', 'b', 'long'])
const SELL: ReadonlySet<string> = new Set(['卖', '卖出', '空', '做空', 'sell', 's', 'short'])
const MOST_LOTS = 1_000_000
/** As many lines as an instruction may have. */
export const MOST_ROWS = 1000

export interface BasketLine {
  readonly instrumentId: string
  readonly way: 'target' | 'delta' | 'weight'
  /** As it is written into the form: lots, or a share such as `0.05`. */
  readonly value: string
  readonly limitPrice: string
}

export interface BasketProblem {
  /** As the sheet counts: the first row is 1. */
  readonly row: number
  readonly column: Column
  readonly code: 'missing' | 'unknown_contract' | 'twice' | 'no_number' | 'no_whole_number' | 'no_side' | 'no_price' | 'no_way' | 'many_ways' | 'too_many'
  readonly value: string
}

export interface Basket {
  /** The row that names the columns, 0 where none does. */
  readonly head: number
  readonly lines: readonly BasketLine[]
  readonly problems: readonly BasketProblem[]
}

export interface BasketRules {
  /** The id of a contract as it was written, `undefined` where there is none. */
  readonly contractOf: (text: string) => string | undefined
}

export function parseBasket(text: string, rules: BasketRules): Basket {
  return readBasket(cellsOf(text), rules)
}

/** Rows of cells: tabs from a spreadsheet, commas or semicolons from a file, else blanks. */
export function cellsOf(text: string): string[][] {
  const rows = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  return rows.map((row) => {
    if (row.trim() === '') return []
    const separator = row.includes('\t') ? '\t' : /[,，]/.test(row) ? /[,，]/ : /[;；]/.test(row) ? /[;；]/ : /\s+/
    return (typeof separator === 'string' ? row : row.trim()).split(separator).map((cell) => cell.trim().replace(/^"(.*)"$/, '$1').trim())
  })
}

export function readBasket(rows: readonly (readonly string[])[], rules: BasketRules): Basket {
  const lines: BasketLine[] = []
  const problems: BasketProblem[] = []
  const seen = new Set<string>()
  let columns: readonly (Column | null)[] | null = null
  let head = 0
  for (const [at, cells] of rows.entries()) {
    if (cells.every((cell) => cell === '')) continue
    if (columns === null) {
      const named = headOf(cells)
      columns = named ?? USUAL
      if (named !== null) {
        head = at + 1
        continue
      }
    }
    const read = lineOf(cells, columns, rules)
    if ('code' in read) problems.push({ ...read, row: at + 1 })
    else if (seen.has(read.instrumentId)) problems.push({ row: at + 1, column: 'instrument', code: 'twice', value: cells[columns.indexOf('instrument')] ?? '' })
    else if (lines.length >= MOST_ROWS) problems.push({ row: at + 1, column: 'instrument', code: 'too_many', value: String(MOST_ROWS) })
    else {
      seen.add(read.instrumentId)
      lines.push(read)
    }
  }
  return { head, lines, problems }
}

/** The columns that a first row names, `null` where it names no contract column: then it is a row like the others. */
function headOf(cells: readonly string[]): (Column | null)[] | null {
  const found = cells.map((cell) => {
    const name = cell.toLowerCase().replaceAll(/[\s（(].*$/g, '')
    return (Object.keys(NAMES) as Column[]).find((column) => NAMES[column].includes(name)) ?? null
  })
  return found.includes('instrument') ? found : null
}

type Misread = Omit<BasketProblem, 'row'>

function lineOf(cells: readonly string[], columns: readonly (Column | null)[], rules: BasketRules): BasketLine | Misread {
  const at = (column: Column): string => cells[columns.indexOf(column)] ?? ''
  const name = at('instrument')
  if (name === '') return { column: 'instrument', code: 'missing', value: '' }
  const instrumentId = rules.contractOf(name)
  if (instrumentId === undefined) return { column: 'instrument', code: 'unknown_contract', value: name }
  const wish = wishOf(at)
  if ('code' in wish) return wish
  const limit = at('limit_price').replaceAll(',', '')
  const price = limit === '' ? null : parse(limit)
  if (limit !== '' && (price === null || price.units <= 0n)) return { column: 'limit_price', code: 'no_price', value: limit }
  return { instrumentId, ...wish, limitPrice: price === null ? '' : plain(price) }
}

function wishOf(at: (column: Column) => string): Pick<BasketLine, 'way' | 'value'> | Misread {
  const ways = (['target', 'delta', 'weight', 'quantity'] as const).filter((column) => at(column) !== '')
  const [way] = ways
  if (way === undefined) return { column: 'quantity', code: 'no_way', value: '' }
  if (ways.length > 1) return { column: ways[1]!, code: 'many_ways', value: at(ways[1]!) }
  if (way === 'weight') return weightOf(at('weight'))
  const lots = lotsOf(at(way))
  if (lots === null) return { column: way, code: parse(at(way)) === null ? 'no_number' : 'no_whole_number', value: at(way) }
  if (way !== 'quantity') return { way, value: String(lots) }
  return sidedOf(lots, at('side'))
}

function sidedOf(lots: number, side: string): Pick<BasketLine, 'way' | 'value'> | Misread {
  const name = side.toLowerCase()
  if (name === '' && lots !== 0) return { way: 'delta', value: String(lots) }
  if (BUY.has(name)) return { way: 'delta', value: String(Math.abs(lots)) }
  if (SELL.has(name)) return { way: 'delta', value: String(-Math.abs(lots)) }
  return { column: 'side', code: 'no_side', value: side }
}

function lotsOf(text: string): number | null {
  const value = Number(text.replaceAll(',', ''))
  return Number.isInteger(value) && Math.abs(value) <= MOST_LOTS ? value : null
}

/** `5%` and `0.05` are the same part of the equity. */
function weightOf(text: string): Pick<BasketLine, 'way' | 'value'> | Misread {
  const isPercent = text.endsWith('%')
  const value = parse(isPercent ? text.slice(0, -1) : text)
  if (value === null) return { column: 'weight', code: 'no_number', value: text }
  return { way: 'weight', value: plain(isPercent ? { units: value.units, scale: value.scale + 2 } : value) }
}
