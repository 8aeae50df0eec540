// Reads a spreadsheet that somebody brings: CSV in UTF-8 or GB18030, or the first sheet of an XLSX file. It is read
// here, so that every row's fault is shown beside the row, and nothing is sent anywhere.

import { cellsOf } from './basket'

const MOST_BYTES = 5_000_000
/** What a sheet may unpack to: a small file can hide a large one. */
const MOST_UNPACKED = 50_000_000
const MOST_ROWS = 5000
const ZIP = 0x04034b50
const DIRECTORY_ENTRY = 0x02014b50
const DIRECTORY_END = 0x06054b50

export class SheetError extends Error {
  constructor(readonly code: 'too_large' | 'no_sheet' | 'unreadable') {
    super(code)
    this.name = 'SheetError'
  }
}

/** The cells of a file. Throws SheetError where it is none that can be read. */
export async function rowsOfFile(file: Blob): Promise<string[][]> {
  if (file.size > MOST_BYTES) throw new SheetError('too_large')
  const bytes = new Uint8Array(await file.arrayBuffer())
  const isZip = bytes.length > 4 && new DataView(bytes.buffer).getUint32(0, true) === ZIP
  return isZip ? rowsOfXlsx(bytes) : cellsOf(decoded(bytes)).slice(0, MOST_ROWS)
}

/** Chinese spreadsheets save CSV in GB18030 as often as in UTF-8. */
function decoded(bytes: Uint8Array<ArrayBuffer>): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('gb18030').decode(bytes)
  }
}

async function rowsOfXlsx(bytes: Uint8Array<ArrayBuffer>): Promise<string[][]> {
  const entries = entriesOf(bytes)
  const name = [...entries.keys()].filter((each) => /^xl\/worksheets\/sheet\d+\.xml$/.test(each)).toSorted((a, b) => a.length - b.length || (a < b ? -1 : 1))[0]
  if (name === undefined) throw new SheetError('no_sheet')
  const shared = entries.get('xl/sharedStrings.xml')
  const strings = shared === undefined ? [] : textsOf(await unpacked(bytes, shared))
  return cellsOfSheet(await unpacked(bytes, entries.get(name)!), strings)
}

interface Entry {
  readonly at: number
  readonly size: number
  readonly isPacked: boolean
}

/** The files of a ZIP, by its directory at the end. */
function entriesOf(bytes: Uint8Array<ArrayBuffer>): Map<string, Entry> {
  const view = new DataView(bytes.buffer)
  let end = bytes.length - 22
  while (end >= 0 && view.getUint32(end, true) !== DIRECTORY_END) end -= 1
  if (end < 0) throw new SheetError('unreadable')
  const found = new Map<string, Entry>()
  let at = view.getUint32(end + 16, true)
  for (let left = view.getUint16(end + 10, true); left > 0; left -= 1) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== DIRECTORY_ENTRY) throw new SheetError('unreadable')
    const nameLength = view.getUint16(at + 28, true)
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength))
    const head = view.getUint32(at + 42, true)
    if (head + 30 > bytes.length) throw new SheetError('unreadable')
    const start = head + 30 + view.getUint16(head + 26, true) + view.getUint16(head + 28, true)
    found.set(name, { at: start, size: view.getUint32(at + 20, true), isPacked: view.getUint16(at + 10, true) === 8 })
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true)
  }
  return found
}

async function unpacked(bytes: Uint8Array<ArrayBuffer>, entry: Entry): Promise<string> {
  const packed = bytes.subarray(entry.at, entry.at + entry.size)
  if (!entry.isPacked) return new TextDecoder().decode(packed)
  const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader()
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return text + decoder.decode()
      size += value.length
      if (size > MOST_UNPACKED) throw new SheetError('too_large')
      text += decoder.decode(value, { stream: true })
    }
  } catch (error) {
    throw error instanceof SheetError ? error : new SheetError('unreadable')
  }
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }

function unescaped(text: string): string {
  return text.replaceAll(/&(?:#x([\da-f]+)|#(\d+)|(\w+));/gi, (whole, hex: string | undefined, dec: string | undefined, name: string | undefined) => {
    if (name !== undefined) return ENTITIES[name] ?? whole
    const code = hex === undefined ? Number(dec) : Number.parseInt(hex, 16)
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : ''
  })
}

/** A browser that takes no markup from scripts takes no parser either; of this markup only the text is wanted. */
function textIn(xml: string): string {
  return unescaped([...xml.matchAll(/<(?:\w+:)?t(?:\s[^>]*)?>([^<]*)<\/(?:\w+:)?t>/g)].map(([, text]) => text).join(''))
}

function textsOf(xml: string): string[] {
  return [...xml.matchAll(/<(?:\w+:)?si(?:\s[^>]*)?>([\s\S]*?)<\/(?:\w+:)?si>/g)].map(([, inner]) => textIn(inner ?? ''))
}

function cellsOfSheet(xml: string, strings: readonly string[]): string[][] {
  const rows: string[][] = []
  for (const [, attributes = '', inner = ''] of xml.matchAll(/<(?:\w+:)?row(\s[^>]*?)?(?:\/>|>([\s\S]*?)<\/(?:\w+:)?row>)/g)) {
    const number = Number(/\sr="(\d+)"/.exec(attributes)?.[1] ?? rows.length + 1)
    if (number > MOST_ROWS) break
    // Empty rows are left out of the file: a fault must still name the row that people see.
    while (rows.length < number - 1) rows.push([])
    rows[number - 1] = cellsOfRow(inner, strings)
  }
  return rows
}

function cellsOfRow(xml: string, strings: readonly string[]): string[] {
  const cells: string[] = []
  for (const [, attributes = '', inner = ''] of xml.matchAll(/<(?:\w+:)?c(\s[^>]*?)?(?:\/>|>([\s\S]*?)<\/(?:\w+:)?c>)/g)) {
    const at = columnOf(/\sr="([A-Z]+)/.exec(attributes)?.[1], cells.length)
    while (cells.length < at) cells.push('')
    const kind = /\st="(\w+)"/.exec(attributes)?.[1]
    const value = unescaped(/<(?:\w+:)?v(?:\s[^>]*)?>([^<]*)</.exec(inner)?.[1] ?? '')
    cells[at] = (kind === 's' ? (strings[Number(value)] ?? '') : kind === 'inlineStr' ? textIn(inner) : value).trim()
  }
  return cells
}

/** `A` → 0, `AB` → 27. */
function columnOf(letters: string | undefined, next: number): number {
  if (letters === undefined || letters.length > 2) return next
  return [...letters].reduce((sum, letter) => sum * 26 + letter.codePointAt(0)! - 64, 0) - 1
}
