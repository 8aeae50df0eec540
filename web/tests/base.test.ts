// The application behind a path of its host: every address that leaves the page carries it, none inside knows of it.

import { expect, test } from 'vitest'
import { inward, outward } from '../src/app/base'

test('at the root of its host nothing changes', () => {
  expect(outward('/market?i=rb2605.SHFE', '/')).toBe('/market?i=rb2605.SHFE')
  expect(inward('/market', '/')).toBe('/market')
})

test('behind a path every address carries it and the router does not see it', () => {
  expect(outward('/market', '/tradewind/')).toBe('/tradewind/market')
  expect(inward('/tradewind/market', '/tradewind/')).toBe('/market')
  expect(inward('/tradewind', '/tradewind/')).toBe('/')
  expect(inward('/tradewind/', '/tradewind/')).toBe('/')
})

test('an address that only begins alike is none of ours', () => {
  expect(inward('/tradewinds/market', '/tradewind/')).toBe('/tradewinds/market')
})
