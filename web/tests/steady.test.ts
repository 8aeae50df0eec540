import { expect, test } from 'vitest'
import { nextTick, ref } from 'vue'
import { inPlace, useSteady } from '../src/state/steady'

interface Item {
  readonly id: string
  readonly value: number
}

const idOf = (item: Item): string => item.id
const mouse = { pointerType: 'mouse' } as unknown as Event
const finger = { pointerType: 'touch' } as unknown as Event
const a: Item = { id: 'a', value: 1 }
const b: Item = { id: 'b', value: 1 }
const c: Item = { id: 'c', value: 1 }

test('held rows keep their places and show their newest version', () => {
  expect(inPlace([{ id: 'b', value: 2 }, c, a], ['a', 'b'], idOf)).toEqual([a, { id: 'b', value: 2 }])
})

test('a row that is gone leaves a held list', () => {
  expect(inPlace([b], ['a', 'b'], idOf)).toEqual([b])
})

test('a list stands still under the mouse and moves on when it leaves', async () => {
  const source = ref<readonly Item[]>([a, b])
  const { items, waiting, listeners } = useSteady(() => source.value, idOf)
  listeners.onPointerenter(mouse)
  source.value = [c, b, a]
  await nextTick()
  expect(items.value.map(idOf)).toEqual(['a', 'b'])
  expect(waiting.value).toBe(1)
  listeners.onPointerleave(mouse)
  expect(items.value.map(idOf)).toEqual(['c', 'b', 'a'])
  expect(waiting.value).toBe(0)
})

test('a held row that newer ones have pushed out of the shown part stays', () => {
  const everything = ref<readonly Item[]>([a, b])
  const { items, listeners } = useSteady(() => everything.value.slice(0, 2), idOf, () => everything.value)
  listeners.onPointerenter(mouse)
  everything.value = [c, a, b]
  expect(items.value).toEqual([a, b])
})

test('a finger holds nothing, since it never says that it has left', () => {
  const source = ref<readonly Item[]>([a])
  const { items, listeners } = useSteady(() => source.value, idOf)
  listeners.onPointerenter(finger)
  source.value = [b]
  expect(items.value).toEqual([b])
})

test('a list emptied under the pointer shows what comes next', () => {
  const source = ref<readonly Item[]>([a])
  const { items, listeners } = useSteady(() => source.value, idOf)
  listeners.onPointerenter(mouse)
  source.value = []
  source.value = [b]
  expect(items.value).toEqual([b])
})
