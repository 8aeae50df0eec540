// What an execution reported, whatever shape its module gives it: figures by name, and tables.

export interface ResultTable {
  readonly name: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

export interface Reading {
  readonly figures: readonly { readonly name: string; readonly text: string }[]
  readonly tables: readonly ResultTable[]
}

const MOST_ROWS = 200
const KEY_COLUMN = ''

type Plain = Readonly<Record<string, unknown>>

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function textOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function tableOf(name: string, items: readonly unknown[]): ResultTable {
  const shown = items.slice(0, MOST_ROWS)
  const columns = [...new Set(shown.flatMap((item) => (isPlain(item) ? Object.keys(item) : [KEY_COLUMN])))]
  const rows = shown.map((item) => columns.map((column) => textOf(isPlain(item) ? item[column] : item)))
  return { name, columns, rows }
}

export function readingOf(result: unknown): Reading {
  if (result === null || result === undefined || result === '') return { figures: [], tables: [] }
  if (Array.isArray(result)) return { figures: [], tables: result.length === 0 ? [] : [tableOf('', result)] }
  if (!isPlain(result)) return { figures: [{ name: '', text: textOf(result) }], tables: [] }
  const figures: { name: string; text: string }[] = []
  const tables: ResultTable[] = []
  for (const [name, value] of Object.entries(result)) {
    if (Array.isArray(value) && value.length > 0) tables.push(tableOf(name, value))
    else if (isPlain(value) && Object.keys(value).length > 0) tables.push({ name, columns: [KEY_COLUMN, name], rows: Object.entries(value).slice(0, MOST_ROWS).map(([key, each]) => [key, textOf(each)]) })
    else if (textOf(value) !== '' && !isEmpty(value)) figures.push({ name, text: textOf(value) })
  }
  return { figures, tables }
}

const isEmpty = (value: unknown): boolean => typeof value === 'object' && value !== null

/** All of it in one line, for a table of executions. */
export function shortOf(result: unknown): string {
  const { figures, tables } = readingOf(result)
  const parts = figures.map(({ name, text }) => (name === '' ? text : `${name} ${text}`))
  return [...parts, ...tables.map((table) => `${table.name} ×${table.rows.length}`.trim())].join(' · ')
}
