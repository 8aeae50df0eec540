import { beforeEach, expect, test } from 'vitest'
import { COLUMNS } from '../src/grid/columns'
import { fits, GridPainter, type Scene } from '../src/grid/painter'
import { QuoteTable } from '../src/state/quote_table'
import { makeTick } from './builders'

let table: QuoteTable
let body: HTMLElement
let painter: GridPainter

beforeEach(() => {
  table = new QuoteTable()
  table.apply(Array.from({ length: 100 }, (_, n) => makeTick({ instrument_id: `x${n}.SHFE`, last_price: 400 + n })))
  body = document.createElement('div')
  painter = new GridPainter(body, table, (row) => `row-${row}`)
})

function scene(changes: Partial<Scene> = {}): Scene {
  const order = Array.from({ length: table.size }, (_, row) => row)
  return { order, columns: COLUMNS, selectedRow: 0, rowHeight: 20, scrollTop: 0, height: 200, ...changes }
}

function lastPrice(instrument: string): HTMLElement {
  return body.querySelector<HTMLElement>(`[data-instrument="${instrument}"]`)!.children[2] as HTMLElement
}

test('only what is in sight stands in the document', () => {
  painter.paint(scene(), 0)
  expect(body.children.length).toBe(14)
})

test('scrolling brings other rows without growing the document', () => {
  painter.paint(scene({ scrollTop: 1000 }), 0)
  painter.paint(scene({ scrollTop: 1020 }), 0)
  expect(body.children.length).toBe(18)
  expect(lastPrice('x51.SHFE').textContent).toBe('451.00')
  expect(body.querySelector('[data-instrument="x51.SHFE"]')!.getAttribute('aria-rowindex')).toBe('53')
})

test('a new price is written and flashes in its direction', () => {
  painter.paint(scene(), 0)
  table.apply([makeTick({ instrument_id: 'x1.SHFE', last_price: 500 })])
  painter.paint(scene(), 0)
  expect(lastPrice('x1.SHFE').textContent).toBe('500.00')
  expect(lastPrice('x1.SHFE').className).toContain('flash-up')
})

test('a lit price goes out after a quarter of a second and asks for that paint', () => {
  painter.paint(scene(), 0)
  table.apply([makeTick({ instrument_id: 'x1.SHFE', last_price: 1 })])
  expect(painter.paint(scene(), 100)).toBe(350)
  expect(lastPrice('x1.SHFE').className).toContain('flash-down')
  expect(painter.paint(scene(), 360)).toBe(Infinity)
  expect(lastPrice('x1.SHFE').className).not.toContain('flash')
})

test('a row that comes into sight does not flash', () => {
  painter.paint(scene(), 0)
  table.apply([makeTick({ instrument_id: 'x60.SHFE', last_price: 1 })])
  painter.paint(scene({ scrollTop: 1100 }), 0)
  expect(lastPrice('x60.SHFE').className).not.toContain('flash')
})

test('above the reference is up, below is down', () => {
  painter.paint(scene(), 0)
  expect(lastPrice('x0.SHFE').className).toContain('is-down')
  table.apply([makeTick({ instrument_id: 'x0.SHFE', last_price: 449 })])
  painter.paint(scene(), 0)
  expect(lastPrice('x0.SHFE').className).toContain('is-up')
  expect(lastPrice('x0.SHFE').className).not.toContain('is-down')
})

test('the selected row says so to screen readers', () => {
  painter.paint(scene({ selectedRow: 3 }), 0)
  expect(body.querySelector('[aria-selected="true"]')!.getAttribute('data-instrument')).toBe('x3.SHFE')
})

test('a number is cut only where its column may be too narrow for it', () => {
  painter.paint(scene(), 0)
  expect(lastPrice('x1.SHFE').className).not.toContain('is-long')
  table.apply([makeTick({ instrument_id: 'x1.SHFE', last_price: 123_456_789.5 })])
  painter.paint(scene(), 0)
  expect(lastPrice('x1.SHFE').className).toContain('is-long')
  table.apply([makeTick({ instrument_id: 'x1.SHFE', last_price: 500 })])
  painter.paint(scene(), 0)
  expect(lastPrice('x1.SHFE').className).not.toContain('is-long')
})

test('a sign as wide as two figures takes the room of two', () => {
  expect(fits('12.345', 61)).toBe(true)
  expect(fits('12.34万', 61)).toBe(false)
})
