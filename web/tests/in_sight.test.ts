import { expect, test } from 'vitest'
import { rowsFor, useInSight } from '../src/state/in_sight'

function box(scrollTop: number, clientHeight: number): HTMLElement {
  const element = document.createElement('ul')
  Object.defineProperties(element, { clientHeight: { value: clientHeight }, scrollTop: { value: scrollTop, writable: true } })
  return element
}

test('what is in sight and as much again is made, by the dozen', () => {
  expect(rowsFor(0, 300, 25)).toBe(24)
  expect(rowsFor(1, 300, 25)).toBe(36)
})

test('scrolling towards the end makes more rows, and scrolling back takes them away', () => {
  const { hold, count } = useInSight(25)
  const list = box(0, 300)
  hold(list)
  list.scrollTop = 1000
  list.dispatchEvent(new Event('scroll'))
  expect(count.value).toBe(72)
  list.scrollTop = 0
  list.dispatchEvent(new Event('scroll'))
  expect(count.value).toBe(24)
})

test('a list that has left the page is listened to no more', () => {
  const { hold, count } = useInSight(25)
  const list = box(2000, 300)
  const before = count.value
  hold(list)
  hold(null)
  list.dispatchEvent(new Event('scroll'))
  expect(count.value).toBe(before)
})
