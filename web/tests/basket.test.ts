// @vitest-environment node
// Baskets as people bring them, pasted or as files: every bad row is named and the good ones stay.
import { deflateRawSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { cellsOf, MOST_ROWS, parseBasket } from '../src/book/basket'
import { askedOf, countOf, emptyLine, equityOf, linesOfBasket, netOf, problemsOf, wishesOf, type Ground } from '../src/book/draft'
import { rowsOfFile, SheetError } from '../src/book/sheet'
import { exact } from '../src/desk/exact'
import type { Account, Position } from '../src/desk/types'

const IDS: Readonly<Record<string, string>> = { rb2605: 'rb2605.SHFE', au2606: 'au2606.SHFE', ag2606: 'ag2606.SHFE' }
const rules = { contractOf: (text: string): string | undefined => IDS[text.toLowerCase()] }

test('a table with Chinese headings is read by them, in whatever order', () => {
  const { head, lines, problems } = parseBasket('限价\t合约代码\t目标持仓（手）\n3100\trb2605\t10\n\tau2606\t-2', rules)
  expect(head).toBe(1)
  expect(problems).toEqual([])
  expect(lines).toEqual([
    { instrumentId: 'rb2605.SHFE', way: 'target', value: '10', limitPrice: '3100' },
    { instrumentId: 'au2606.SHFE', way: 'target', value: '-2', limitPrice: '' },
  ])
})

test('without headings a row is contract, side, lots, limit', () => {
  const { head, lines } = parseBasket('rb2605 买 3 3100\nAU2606 卖出 2', rules)
  expect(head).toBe(0)
  expect(lines.map(({ way, value, limitPrice }) => [way, value, limitPrice])).toEqual([['delta', '3', '3100'], ['delta', '-2', '']])
})

test('a share is the same in percent and as a fraction', () => {
  const { lines } = parseBasket('contract,weight\nrb2605,5%\nau2606,-0.05', rules)
  expect(lines.map((line) => line.value)).toEqual(['0.05', '-0.05'])
})

test('each bad row says what is wrong with which cell, and the others stay', () => {
  const { lines, problems } = parseBasket('合约,目标,增减,限价\nxx9999,1,,\nrb2605,1.5,,\nau2606,1,2,\nag2606,,,\nrb2605,3,,abc\nrb2605,3,,\nrb2605,4,,', rules)
  expect(problems.map(({ row, column, code }) => [row, column, code])).toEqual([
    [2, 'instrument', 'unknown_contract'],
    [3, 'target', 'no_whole_number'],
    [4, 'delta', 'many_ways'],
    [5, 'quantity', 'no_way'],
    [6, 'limit_price', 'no_price'],
    [8, 'instrument', 'twice'],
  ])
  expect(lines).toEqual([{ instrumentId: 'rb2605.SHFE', way: 'target', value: '3', limitPrice: '' }])
})

test('more rows than an instruction may have are told, not cut in silence', () => {
  const text = Array.from({ length: MOST_ROWS + 1 }, (_, at) => `c${at} buy 1`).join('\n')
  const { lines, problems } = parseBasket(text, { contractOf: (name) => `${name}.X` })
  expect(lines).toHaveLength(MOST_ROWS)
  expect(problems).toEqual([{ row: MOST_ROWS + 1, column: 'instrument', code: 'too_many', value: '1000' }])
})

test('quotes around a cell and Chinese commas are no part of it', () => {
  expect(cellsOf('"rb2605"，"3"')).toEqual([['rb2605', '3']])
})

interface Part {
  readonly name: string
  readonly text: string
}

/** A ZIP as a spreadsheet writes it: packed parts, then their directory. */
function zipOf(parts: readonly Part[]): Blob {
  const chunks: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const { name, text } of parts) {
    const packed = deflateRawSync(Buffer.from(text))
    const head = Buffer.alloc(30)
    head.writeUInt32LE(0x04034b50, 0)
    head.writeUInt16LE(8, 8)
    head.writeUInt32LE(packed.length, 18)
    head.writeUInt16LE(name.length, 26)
    const entry = Buffer.alloc(46)
    entry.writeUInt32LE(0x02014b50, 0)
    entry.writeUInt16LE(8, 10)
    entry.writeUInt32LE(packed.length, 20)
    entry.writeUInt16LE(name.length, 28)
    entry.writeUInt32LE(at, 42)
    chunks.push(head, Buffer.from(name), packed)
    directory.push(entry, Buffer.from(name))
    at += 30 + name.length + packed.length
  }
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(parts.length, 10)
  end.writeUInt32LE(at, 16)
  return new Blob([Uint8Array.from(Buffer.concat([...chunks, ...directory, end]))])
}

test('the first sheet of an XLSX file is read, its shared texts and its empty rows', async () => {
  const file = zipOf([
    { name: 'xl/sharedStrings.xml', text: '<sst><si><t>合约</t></si><si><r><t>目</t></r><r><t>标</t></r></si><si><t>rb2605</t></si></sst>' },
    {
      name: 'xl/worksheets/sheet1.xml',
      text: '<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" t="s"><v>1</v></c></row><row r="3"><c r="A3" t="s"><v>2</v></c><c r="C3"><v>10</v></c></row><row r="4"><c r="A4" t="inlineStr"><is><t>A&amp;B</t></is></c></row></sheetData></worksheet>',
    },
  ])
  expect(await rowsOfFile(file)).toEqual([['合约', '', '目标'], [], ['rb2605', '', '10'], ['A&B']])
})

test('a CSV of a Chinese spreadsheet is read in its own encoding', async () => {
  // 合约,目标 in GB18030.
  const bytes = Uint8Array.from([0xba, 0xcf, 0xd4, 0xbc, 0x2c, 0xc4, 0xbf, 0xb1, 0xea, 0x0a, 0x72, 0x62, 0x2c, 0x31])
  expect(await rowsOfFile(new Blob([bytes]))).toEqual([['合约', '目标'], ['rb', '1']])
})

test.for([
  ['cut in half', zipOf([{ name: 'xl/worksheets/sheet1.xml', text: '<row/>' }]).slice(0, 40), 'unreadable'],
  ['without a sheet', zipOf([{ name: 'word/document.xml', text: '<w/>' }]), 'no_sheet'],
  ['too large', new Blob([new Uint8Array(5_000_001)]), 'too_large'],
  ['unpacking without end', zipOf([{ name: 'xl/worksheets/sheet1.xml', text: ' '.repeat(51_000_000) }]), 'too_large'],
] as const)('a file %s is refused in words', async ([, file, code]) => {
  await expect(rowsOfFile(file)).rejects.toEqual(new SheetError(code))
})

const ground: Ground = { current: 3, multiplier: 10, price: exact('3100'), equity: exact('1000000') }
const line = (changes: Parameters<typeof emptyLine>[0]): ReturnType<typeof emptyLine> => emptyLine({ instrumentId: 'rb2605.SHFE', ...changes })

test('a target, a change and a weight come to lots', () => {
  expect(countOf(line({ way: 'target', value: '10' }), ground)).toEqual({ target: 10, delta: 7, problem: 'none' })
  expect(countOf(line({ way: 'delta', value: '-5' }), ground)).toEqual({ target: -2, delta: -5, problem: 'none' })
  // 0.1 × 1,000,000 ÷ 31,000 = 3.2: towards zero.
  expect(countOf(line({ way: 'weight', value: '0.1' }), ground)).toEqual({ target: 3, delta: 0, problem: 'no_change' })
  expect(countOf(line({ way: 'weight', value: '-0.1' }), ground)).toEqual({ target: -3, delta: -6, problem: 'none' })
})

test('what cannot be counted says why', () => {
  expect(countOf(line({ value: '' }), ground).problem).toBe('no_number')
  expect(countOf(line({ value: '1.5' }), ground).problem).toBe('no_whole_number')
  expect(countOf(line({ way: 'weight', value: '0.1' }), { ...ground, price: null }).problem).toBe('no_price')
  expect(countOf(line({ value: '1', limitPrice: '0' }), ground).problem).toBe('bad_limit')
  expect(countOf(line({ instrumentId: '', value: '1' }), ground).problem).toBe('no_contract')
  expect(problemsOf([line({ value: '5' }), line({ value: '6' })], () => ground).map((each) => each.problem)).toEqual(['none', 'twice'])
})

test('the gate is asked for what changes, the book gets what was written', () => {
  const lines = linesOfBasket(parseBasket('合约,目标,限价\nrb2605,10,3100\nau2606,3,', rules).lines)
  const counted = problemsOf(lines, () => ground)
  expect(askedOf(lines, counted)).toEqual([{ instrument_id: 'rb2605.SHFE', side: 'buy', quantity: 7, execution: { limit_price: '3100' } }])
  expect(wishesOf(lines)).toEqual([{ instrument_id: 'rb2605.SHFE', target: 10, limit_price: '3100' }, { instrument_id: 'au2606.SHFE', target: 3 }])
})

function held(book: string, direction: string, today: number): Position {
  return { account_id: 'paper', book, instrument_id: 'rb2605.SHFE', direction, today, yesterday: 1 } as Position
}

test('an instruction of a product changes the product\'s books, of none the account\'s own', () => {
  const positions = [held('', 'long', 9), held('p1/a', 'long', 4), held('p1/b', 'short', 1), held('p2/a', 'long', 7)]
  const net = (product: string, strategy = ''): number => netOf(positions, { account: 'paper', product, strategy }, 'rb2605.SHFE')
  expect([net(''), net('p1'), net('p1', 'a'), net('p2'), net('p3')]).toEqual([10, 3, 5, 8, 0])
})

test('weights are parts of the account, or of the product\'s books in it', () => {
  const accounts = [['', '1000'], ['p1/a', '100.5'], ['p1/b', '200']].map(([book, balance]) => ({ account_id: 'paper', book, balance }) as Account)
  const owner = { account: 'paper', product: 'p1', strategy: '' }
  expect(equityOf(accounts, owner, 'account')).toEqual(exact('1000'))
  expect(equityOf(accounts, owner, 'product')).toEqual(exact('300.5'))
  expect(equityOf(accounts, { ...owner, account: 'other' }, 'account')).toBeNull()
})
