import { expect, test } from 'vitest'
import { Ladder, LADDER_S } from '../src/ladder'

test('the waits climb 1, 2, 4 … 600 seconds and then end', () => {
  const ladder = new Ladder(10, () => 0.5)
  const waits = Array.from({ length: 11 }, () => ladder.nextMs())
  expect(waits).toEqual([...LADDER_S.map((s) => s * 1000), null])
})

test('each wait is spread by a fifth of itself', () => {
  expect(new Ladder(10, () => 0).nextMs()).toBeCloseTo(800)
  expect(new Ladder(10, () => 1).nextMs()).toBeCloseTo(1200)
})

test('the number of tries is held between five and ten', () => {
  expect(new Ladder(1).most).toBe(5)
  expect(new Ladder(7).most).toBe(7)
  expect(new Ladder(99).most).toBe(10)
})

test('success puts the ladder back to its foot', () => {
  const ladder = new Ladder(5, () => 0.5)
  for (let i = 0; i < 5; i += 1) ladder.nextMs()
  expect(ladder.nextMs()).toBeNull()
  ladder.reset()
  expect(ladder.nextMs()).toBe(1000)
  expect(ladder.used).toBe(1)
})
