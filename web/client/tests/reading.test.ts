import { expect, test } from 'vitest'
import { Waiting } from '../src/reading'

const DELTA = { isWhole: false, position: null }
const WHOLE = { isWhole: true, position: null }

test('a reader too far behind loses the oldest rows and is told how many', async () => {
  const waiting = new Waiting<number>(false, 3)
  waiting.add([1, 2], DELTA)
  waiting.add([3, 4], DELTA)
  waiting.add([5], DELTA)
  expect(await waiting.next()).toMatchObject({ rows: [3, 4], dropped: 2 })
  expect(await waiting.next()).toMatchObject({ rows: [5], dropped: 0 })
})

test('a state larger than the bound is read whole', async () => {
  const waiting = new Waiting<number>(true, 2)
  waiting.add([1, 2, 3, 4], WHOLE)
  expect(await waiting.next()).toMatchObject({ rows: [1, 2, 3, 4], dropped: 0 })
})

test('a whole state makes older values needless', async () => {
  const waiting = new Waiting<number>(true)
  waiting.add([1], DELTA)
  waiting.add([2], WHOLE)
  expect(await waiting.next()).toMatchObject({ rows: [2], isWhole: true })
})

test('events that wait outlive a snapshot', async () => {
  const waiting = new Waiting<number>(false)
  waiting.add([1], DELTA)
  waiting.add([2], WHOLE)
  expect(await waiting.next()).toMatchObject({ rows: [1] })
  expect(await waiting.next()).toMatchObject({ rows: [2], isWhole: true })
})

test('who waits is woken by rows, and by the end', async () => {
  const waiting = new Waiting<number>(false)
  const first = waiting.next()
  waiting.add([1], DELTA)
  expect((await first)?.rows).toEqual([1])
  const second = waiting.next()
  waiting.close()
  expect(await second).toBeNull()
})
