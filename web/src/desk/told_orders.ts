// The toasts about one's own orders: one for each wish, written anew while it is filled, gone some seconds after the
// last word; and the fee, once the record has it.

import { get } from '../api/client'
import { session } from '../app/session'
import { toasts, type Toast } from '../app/toasts'
import { listen } from '../transport/feed'
import { exact, sum, type Exact } from './exact'
import { OwnOrders, sayCourse, type Course } from './own_orders'
import { pageAddress, text } from './records'
import { instructions, keepOrders } from './store'
import type { Order, RecordPage } from './types'

const SHOWN_MS = 8000
/** Of all toasts, and of these. */
const MOST_TOASTS = 4
const MOST_OWN = 3
/** The record is written behind the desk. */
const FEE_AFTER_MS = [400, 1200, 3000, 3000] as const

interface Shown {
  readonly id: number
  readonly instructionId: string
  readonly isRefusal: boolean
  timer: number
}

const shown = new Map<string, Shown>()
/** Instructions whose refusal a dialog has told already. */
const hushed = new Set<string>()
// The toasts of everything else count upwards from one.
let lastId = 0

function put(course: Course, said: string, kind: Toast['kind']): void {
  const before = shown.get(course.key)
  window.clearTimeout(before?.timer)
  lastId -= before === undefined ? 1 : 0
  const id = before?.id ?? lastId
  const told: Toast = { id, kind, text: said }
  const isThere = toasts.value.some((each) => each.id === id)
  toasts.value = isThere ? toasts.value.map((each) => (each.id === id ? told : each)) : [...toasts.value, told].slice(-MOST_TOASTS)
  shown.delete(course.key)
  shown.set(course.key, { id, instructionId: course.instructionId, isRefusal: kind === 'error', timer: window.setTimeout(() => take(course.key), SHOWN_MS) })
  const [oldest] = shown.keys()
  if (shown.size > MOST_OWN && oldest !== undefined) take(oldest)
}

function take(key: string): void {
  const one = shown.get(key)
  if (one === undefined) return
  window.clearTimeout(one.timer)
  shown.delete(key)
  toasts.value = toasts.value.filter((each) => each.id !== one.id)
}

/** For a dialog that says itself that all of it was refused: it is not said twice, whichever comes first. */
export function hushRefusal(instructionId: string): void {
  hushed.add(instructionId)
  for (const [key, one] of shown) if (one.isRefusal && one.instructionId === instructionId) take(key)
}

/** The sum of what the fills cost, `null` while the record does not have them all. */
async function feeOf({ orders }: Course): Promise<Exact | null> {
  const ids = orders.map((order) => order.request.client_order_id)
  const ask = { view: 'trades', where: [{ column: 'order_id', test: 'one_of' as const, value: ids }], limit: 200 }
  // Asked aside: a toast's fee that does not come is no trouble of the page.
  const { rows } = await get<RecordPage>(pageAddress(ask))
  const filled = orders.reduce((total, order) => total + order.filled_quantity, 0)
  const known = rows.reduce((total, row) => total + Number(row['volume'] ?? 0), 0)
  if (known !== filled || rows.some((row) => row['commission'] === null)) return null
  return sum(rows.map((row) => exact(text(row, 'commission'))))
}

function addFee(course: Course, tries = 0): void {
  const wait = FEE_AFTER_MS[tries]
  if (wait === undefined) return
  window.setTimeout(() => {
    // Whoever has put the toast away, or signed out, is not told again.
    const mine = shown.get(course.key)
    if (session.value === null || mine === undefined || !toasts.value.some((each) => each.id === mine.id)) return
    void feeOf(course).then((fee) => {
      const said = fee === null ? null : sayCourse(course, instructions.get(course.instructionId), fee)
      if (said === null) addFee(course, tries + 1)
      else if (shown.get(course.key) === mine) put(course, said.text, said.kind)
    }, () => undefined)
  }, wait)
}

function tell(course: Course): void {
  const said = sayCourse(course, instructions.get(course.instructionId))
  if (said === null || (said.kind === 'error' && hushed.has(course.instructionId))) return
  put(course, said.text, said.kind)
  if (said.hasFee) addFee(course)
}

/** Hears of one's own orders on every page; returns the function that ends it. */
export function followOwnOrders(): () => void {
  const own = new OwnOrders(session.value?.identity ?? '')
  const stop = listen('orders', (update) => own.hear(update.rows as unknown as Order[], update.isWhole).forEach(tell))
  const letGo = keepOrders()
  return () => {
    stop()
    letGo()
    for (const key of shown.keys()) take(key)
    hushed.clear()
  }
}
