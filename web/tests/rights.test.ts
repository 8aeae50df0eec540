import { afterEach, expect, test } from 'vitest'
import { GROUPS, here, navigation } from '../src/app/navigation'
import { learn, may, mayVisit, mayWith } from '../src/app/rights'
import { go } from '../src/app/router'

afterEach(() => learn(undefined))

test('a server that does not tell lets everything be shown', () => {
  learn(undefined)
  expect(navigation.value.map(({ name }) => name)).toEqual(Object.keys(GROUPS))
  expect(may('halt')).toBe(true)
})

test('pages whose permission is missing are not offered and not shown', () => {
  learn({ market: [['fund_a', '*']] })
  expect(navigation.value.flatMap(({ pages }) => pages.map(({ path }) => path))).toEqual(['/market', '/chart', '/contracts', '/signals', '/alerts'])
  expect(mayVisit('positions')).toBe(false)
  expect(mayVisit('login')).toBe(true)
})

test('a page and what lies below it belong to one task', () => {
  for (const [path, group] of [['/', 'market'], ['/trades', 'trading'], ['/instructions/new', 'orders'], ['/instructions/7', 'orders'], ['/me', undefined]]) {
    go(path!)
    expect(here.value?.name).toBe(group)
  }
})

test('a permission that belongs to no product takes a whole grant', () => {
  learn({ system: [['fund_a', '*']] })
  expect(mayVisit('system')).toBe(false)
  learn({ system: [['fund_a', '*'], ['*', '*']] })
  expect(mayVisit('system')).toBe(true)
})

test('a permission that covers nothing is none', () => {
  learn({ view: [] })
  expect(may('view')).toBe(false)
})

test('a grant covers its product in every account, or its account in every product, and nothing beside', () => {
  learn({ halt: [['fund_a', '*'], ['*', 'S1'], ['', 'A1']] })
  expect(mayWith('fund_a', 'B1', 'halt')).toBe(true)
  expect(mayWith('fund_b', 'S1', 'halt')).toBe(true)
  expect(mayWith('', 'A1', 'halt')).toBe(true)
  expect(mayWith('fund_b', 'A1', 'halt')).toBe(false)
  expect(mayWith('*', '*', 'halt')).toBe(false)
})
