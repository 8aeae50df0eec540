// What becomes of one's own orders, told in one sentence per wish: the fills of an order, and of the orders that one
// wish was cut into, are summed, so that ten part fills are one thing that grows and not ten.

import '../i18n/desk'
import { t } from '../i18n'
import { digitsOf, symbolOf } from '../state/market'
import { divide, exact, money, parse, plus, ZERO, type Exact } from './exact'
import type { Instruction, Order } from './types'
import { priceText, sayCount, sayOffset, sayReasons, saySide } from './words'

/** Whose wishes a person made by hand; plans and limits tell of theirs on their own pages. */
const BY_HAND: ReadonlySet<string> = new Set(['manager', 'close_button'])
const FINAL: ReadonlySet<string> = new Set(['filled', 'cancelled', 'rejected'])
const OVER: ReadonlySet<string> = new Set(['done', 'closed', 'cancelled', 'rejected', 'expired'])
const MOST = 200
/** Digits of an average beyond the contract's own. */
const EXTRA = 2

export const isByHand = (order: Order): boolean => BY_HAND.has(order.request.origin)
const isOver = (order: Order): boolean => FINAL.has(order.status)

/** One wish in one direction: an instruction's orders that buy, or sell, the same contract to the same end. */
export interface Course {
  readonly key: string
  readonly instructionId: string
  /** In the order they came; at least one. */
  readonly orders: readonly Order[]
}

export interface Sentence {
  readonly text: string
  readonly kind: 'info' | 'error'
  /** True when all of it is filled, cancelled or rejected, and something was filled: its fee can be known. */
  readonly hasFee: boolean
}

/** Remembers where each order stood, so that only what is new is told: nothing of what was over before one came. */
export class OwnOrders {
  private readonly courses = new Map<string, Map<string, Order>>()
  private newest = 0

  constructor(private readonly who: string) {}

  /** Takes orders as the feed sends them; returns the courses of which there is something to say. */
  hear(rows: readonly Order[], isWhole: boolean): Course[] {
    const own = rows.filter((order) => order.request.actor === this.who && isByHand(order))
    const before = this.newest
    const news = new Set<string>()
    for (const order of own) {
      const key = keyOf(order)
      const known = this.courses.get(key)?.get(order.request.client_order_id)
      if (known !== undefined && order.version <= known.version) continue
      // A snapshot's own are old, but for those that were given while the line was cut.
      const isOld = known === undefined && isWhole && (before === 0 || order.request.ts_event <= before)
      this.keep(key, order)
      this.newest = Math.max(this.newest, order.request.ts_event)
      const hasGrown = order.filled_quantity > (known?.filled_quantity ?? 0)
      if (!isOld && (hasGrown || (isOver(order) && (known === undefined || !isOver(known))))) news.add(key)
    }
    // The first snapshot may hold none of one's own: what comes after it is new all the same.
    if (isWhole && this.newest === 0) this.newest = 1
    return [...news].map((key) => this.course(key))
  }

  private course(key: string): Course {
    const orders = [...(this.courses.get(key)?.values() ?? [])]
    return { key, instructionId: orders[0]?.request.instruction_id ?? '', orders }
  }

  private keep(key: string, order: Order): void {
    const course = this.courses.get(key) ?? new Map<string, Order>()
    course.set(order.request.client_order_id, order)
    // The one that moved last is forgotten last.
    this.courses.delete(key)
    this.courses.set(key, course)
    const [oldest] = this.courses.keys()
    if (this.courses.size > MOST && oldest !== undefined) this.courses.delete(oldest)
  }
}

/** Today's and yesterday's lots are closed by orders of their own, and are one wish. */
function keyOf({ request }: Order): string {
  return [request.instruction_id || request.client_order_id, request.instrument_id, request.side, request.offset === 'open' ? 'open' : 'close'].join(' ')
}

/** `买入开仓 rb2605 2 手 @3147 全部成交，手续费 6.29`; `null` while nothing of it is filled and nothing is over. */
export function sayCourse(course: Course, instruction: Instruction | undefined, fee: Exact | null = null): Sentence | null {
  const { orders } = course
  const filled = orders.reduce((sum, order) => sum + order.filled_quantity, 0)
  const total = totalOf(course, instruction)
  const isDone = orders.every(isOver) && (filled >= total || !isCut(instruction) || OVER.has(instruction?.status ?? ''))
  if (filled === 0 && !isDone) return null
  const id = orders[0]!.request.instrument_id
  const places = { what: sayWhat(course, total), filled: sayCount(filled, id), left: sayCount(total - filled, id) }
  const refused = orders.find((order) => order.status === 'rejected')
  const why = refused === undefined ? '' : sayReasons(refused.reason_code, refused.reason).join(' · ')
  const hasFee = isDone && filled > 0
  const state = !isDone ? 'filling' : filled >= total ? 'filled' : filled > 0 ? 'part' : refused === undefined ? 'cancelled' : 'rejected'
  const told = t(`own.${state}`, places)
  const text = state === 'rejected' || (state === 'part' && why !== '') ? t('own.because', { told, why }) : told
  return { text: fee === null ? text : t('own.fee', { told: text, fee: money(fee) }), kind: state === 'rejected' ? 'error' : 'info', hasFee }
}

/** True for a wish that is asked for bit by bit: its orders so far are not all of it. */
function isCut(instruction: Instruction | undefined): boolean {
  return instruction !== undefined && instruction.lines.some((line) => line.execution.algorithm !== 'direct')
}

function totalOf({ orders }: Course, instruction: Instruction | undefined): number {
  const asked = orders.reduce((sum, order) => sum + order.request.quantity, 0)
  const { instrument_id: id, side } = orders[0]!.request
  if (!isCut(instruction)) return asked
  return instruction?.lines.find((line) => line.instrument_id === id && line.side === side)?.quantity ?? asked
}

function sayWhat({ orders }: Course, total: number): string {
  const { side, offset, instrument_id: id } = orders[0]!.request
  const isSame = orders.every((order) => order.request.offset === offset)
  return t('own.what', { side: saySide(side), offset: sayOffset(isSame ? offset : 'close'), symbol: symbolOf(id), count: sayCount(total, id), price: sayPrice(orders) })
}

/** What was paid on average once something was, and what was asked for before. */
function sayPrice(orders: readonly Order[]): string {
  const { instrument_id: id, price } = orders[0]!.request
  const filled = orders.reduce((sum, order) => sum + order.filled_quantity, 0)
  if (filled === 0) return price === null ? t('desk.market') : priceText(price, id)
  const turnover = orders.reduce((sum, order) => plus(sum, exact(order.turnover)), ZERO)
  const digits = digitsOf(id)
  const average = money(divide(turnover, exact(filled), digits + EXTRA), digits + EXTRA).replaceAll(',', '')
  return average.endsWith('0'.repeat(EXTRA)) ? priceText(parse(average) === null ? null : average, id) : average
}
