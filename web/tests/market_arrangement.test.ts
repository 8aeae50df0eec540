// Layouts of the market page: what one says is shown, what is changed is said, and what it leaves unsaid stays.

import { beforeEach, expect, test, vi } from 'vitest'

async function openPage() {
  vi.resetModules()
  localStorage.clear()
  const { gridPrefs } = await import('../src/grid/prefs')
  const { COLUMNS } = await import('../src/grid/columns')
  const { period } = await import('../src/app/settings')
  return { gridPrefs, COLUMNS, period, ...(await import('../src/market/arrangement')) }
}

let page: Awaited<ReturnType<typeof openPage>>
beforeEach(async () => {
  page = await openPage()
})

test('what a layout was told of is what it shows again', () => {
  const { gridPrefs, period } = page
  const [first, second] = [gridPrefs.columns[1]!, gridPrefs.columns[0]!]
  Object.assign(gridPrefs, { columns: [first, second], widths: { [first]: 140 }, sortings: [{ key: first, direction: -1 }], group: 'product', tab: 'main' })
  period.value = '15'
  const said = page.choicesNow()
  Object.assign(gridPrefs, { columns: [second], widths: {}, sortings: [], group: 'none', tab: 'all' })
  period.value = 'D'
  page.showChoices(said)
  expect(page.choicesNow()).toEqual(said)
  expect(gridPrefs.columns).toEqual([first, second])
  expect(gridPrefs.widths).toEqual({ [first]: 140 })
  expect(period.value).toBe('15')
})

test('what a layout does not say stays as it is', () => {
  page.period.value = '5'
  page.gridPrefs.tab = 'main'
  const before = page.choicesNow()
  page.showChoices({ windows: 'chart depth' })
  expect(page.choicesNow()).toEqual(before)
})

test('words that this page does not know count as unsaid, and never leave a grid without columns', () => {
  page.showChoices({ columns: 'nothing such', sort: 'nothing:1 last_price:7', group: 'weekday', period: '7', widths: 'last_price:abc' })
  expect(page.gridPrefs.columns.length).toBeGreaterThan(1)
  expect(page.gridPrefs.sortings).toEqual([])
  expect(page.gridPrefs.group).toBe('none')
  expect(page.gridPrefs.widths).toEqual({})
  expect(page.period.value).toBe('line')
})

test('the period that the address asks for goes before the one of the layout', () => {
  page.period.value = '60'
  page.showChoices({ period: '1' }, true)
  expect(page.period.value).toBe('60')
})

test('every column with a width of its own still fits into what the server keeps of a choice', () => {
  const LONGEST_CHOICE = 500
  page.gridPrefs.columns = page.COLUMNS.map(({ key }) => key)
  for (const { key } of page.COLUMNS) page.gridPrefs.widths[key] = 400
  page.gridPrefs.sortings = page.COLUMNS.map(({ key }) => ({ key, direction: -1 as const }))
  for (const text of Object.values(page.choicesNow())) expect(text.length).toBeLessThanOrEqual(LONGEST_CHOICE)
})

test('sizes stay where a panel can still be read, and none is the size the page brings', () => {
  expect(page.styleOf({})).toEqual({})
  expect(page.styleOf({ columns: 0, rows: 0, rail: 0 })).toEqual({})
  expect(page.styleOf({ columns: 600, rail: 9000 })).toEqual({ '--first': '600fr', '--second': '400fr', '--rail': '520px' })
  expect(page.styleOf({ rows: 1 })).toEqual({ '--upper': '250fr', '--lower': '750fr' })
})
