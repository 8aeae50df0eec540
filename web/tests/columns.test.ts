import { expect, test } from 'vitest'
import { COLUMNS, fitWidths } from '../src/grid/columns'

const total = COLUMNS.reduce((sum, column) => sum + column.width, 0)

test.each([480, 591, 875, 1180])('in a room of %i pixels no column is cut at the edge', (room) => {
  let edge = 0
  const edges = fitWidths(COLUMNS, room).map((width) => (edge += width))
  expect(edges.some((place) => Math.abs(place - room) < 0.001)).toBe(true)
})

test('columns only ever grow', () => {
  for (const [at, width] of fitWidths(COLUMNS, 591).entries()) expect(width).toBeGreaterThanOrEqual(COLUMNS[at]!.width)
})

test('a room for all of them is filled by all of them', () => {
  const widths = fitWidths(COLUMNS, total + 200)
  expect(widths.reduce((sum, width) => sum + width, 0)).toBeCloseTo(total + 200)
})

test('a room not yet measured stretches nothing', () => {
  expect(fitWidths(COLUMNS, 0)).toEqual(COLUMNS.map((column) => column.width))
})
