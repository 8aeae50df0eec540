import { expect, test } from 'vitest'
import type { Instrument } from '../src/api/types'
import { worstPrice } from '../src/desk/close_price'

const RB = { price_tick: 1, price_digits: 0 } as Instrument
const AU = { price_tick: 0.02, price_digits: 2 } as Instrument

test('who sells gives way downwards, who buys upwards, in steps of the contract', () => {
  expect(worstPrice('sell', '3145', 10, RB)).toBe('3135')
  expect(worstPrice('buy', '3146', 2, RB)).toBe('3148')
  expect(worstPrice('sell', '944.30', 5, AU)).toBe('944.20')
})

test('no price lies beyond the limit of the day', () => {
  expect(worstPrice('sell', '2880', 10, RB, '2875')).toBe('2875')
  expect(worstPrice('buy', '3370', 10, RB, '3375')).toBe('3375')
  expect(worstPrice('buy', '3360', 10, RB, '3375')).toBe('3370')
})

test('without a price, without a contract, or at any price there is no worst one', () => {
  expect(worstPrice('sell', '', 10, RB)).toBe('')
  expect(worstPrice('sell', '3145', 10, null)).toBe('')
  expect(worstPrice('sell', '3145', null, RB)).toBe('')
})

test('a limit that is not set limits nothing', () => {
  expect(worstPrice('buy', '3360', 10, RB, '0')).toBe('3370')
  expect(worstPrice('sell', '3360', 10, RB, '0')).toBe('3350')
})

test('a price never falls to nothing', () => {
  expect(worstPrice('sell', '3', 10, RB)).toBe('3')
})
