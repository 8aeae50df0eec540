import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { stopSecondClick } from '../src/frame/second_click'

beforeEach(() => window.addEventListener('click', stopSecondClick, true))
afterEach(() => {
  window.removeEventListener('click', stopSecondClick, true)
  document.body.replaceChildren()
})

function clicked(foot: string, look: string, detail: number): number {
  const button = document.createElement('button')
  button.className = look
  const place = document.createElement('footer')
  place.className = foot
  place.append(button)
  document.body.append(place)
  const act = vi.fn()
  button.addEventListener('click', act)
  button.dispatchEvent(new MouseEvent('click', { bubbles: true, detail }))
  return act.mock.calls.length
}

it('lets the first click and the keyboard confirm', () => {
  expect(clicked('modal-foot', 'button', 1)).toBe(1)
  expect(clicked('modal-foot', 'button', 0)).toBe(1)
  expect(clicked('', 'button is-danger', 1)).toBe(1)
})

it('keeps the second click of a double click from confirming', () => {
  expect(clicked('modal-foot', 'button', 2)).toBe(0)
  expect(clicked('', 'button is-danger', 2)).toBe(0)
})

it('leaves every other button to be pressed quickly', () => {
  expect(clicked('', 'button', 3)).toBe(1)
})
