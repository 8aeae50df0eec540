// What the pages show of the desk: asked for once over REST, kept fresh by the feed. A newer version wins, whichever
// way it came.

import '../i18n/desk'
import { onBeforeUnmount, onMounted, ref, shallowRef, watch } from 'vue'
import { epoch, type Loading } from '../state/market'
import { drop, listen, returns, wish } from '../transport/feed'
import type { TopicName } from '@tradewind/client'
import { ask } from './health'
import { Keyed } from './keyed'
import type { Account, Fill, Instruction, LimitWarning, Order, Plan, Position, TradingState, Trigger } from './types'

/** Money on the screen moves with the market, not faster than eyes do. */
const LIVE_MS = 200
const SLOW_MS = 1000
const MOST_EVENTS = 1000
const RETRY_MS = 3000

export const positions = new Keyed<Position>({
  idOf: (p) => `${p.account_id} ${p.book} ${p.instrument_id} ${p.direction}`,
  isGone: (p) => p.today + p.yesterday === 0,
})
export const accounts = new Keyed<Account>({ idOf: (a) => `${a.account_id} ${a.book}` })
export const orders = new Keyed<Order>({ idOf: (o) => o.request.client_order_id, most: MOST_EVENTS, timeOf: (o) => o.ts_event })
export const instructions = new Keyed<Instruction>({ idOf: (i) => i.instruction_id, most: MOST_EVENTS, timeOf: (i) => i.updated_at })
export const plans = new Keyed<Plan>({ idOf: (p) => p.name })
export const triggers = new Keyed<Trigger>({ idOf: (x) => x.trigger_id, most: MOST_EVENTS, timeOf: (x) => x.ts_event })
export const states = new Keyed<TradingState>({ idOf: (s) => `${s.scope} ${s.key}` })
export const warnings = shallowRef<readonly LimitWarning[]>([])
/** Grows with every fill: what shows trades looks again. */
export const fillCount = ref(0)

export const deskLoading = ref<Loading>('idle')

let lookers = 0
let retryTimer = 0

export async function loadStates(): Promise<void> {
  states.replace(await ask<TradingState[]>('/api/v1/trading-states'))
}

/** Reads all of it. A failure leaves what was known; `trouble` says that it is old. */
export async function loadDesk(): Promise<void> {
  if (deskLoading.value !== 'ready') deskLoading.value = 'loading'
  try {
    const [held, funds, asked, told, made, done] = await Promise.all([
      ask<Position[]>('/api/v1/positions'),
      ask<Account[]>('/api/v1/accounts'),
      ask<Order[]>('/api/v1/orders'),
      ask<Instruction[]>('/api/v1/instructions'),
      ask<Plan[]>('/api/v1/plans'),
      ask<Trigger[]>('/api/v1/triggers'),
    ])
    positions.replace(held)
    accounts.replace(funds)
    orders.add(asked)
    instructions.add(told)
    plans.replace(made)
    triggers.add(done)
    deskLoading.value = 'ready'
  } catch {
    if (deskLoading.value !== 'ready') deskLoading.value = 'failed'
    // Somebody is looking at it: it comes back by itself.
    window.clearTimeout(retryTimer)
    retryTimer = window.setTimeout(() => lookers > 0 && void loadDesk(), RETRY_MS)
  }
}

let isStateHeard = false

/** Hears of stops and releases; once a page. */
export function followStates(): void {
  if (isStateHeard) return
  isStateHeard = true
  hear('trading_states', states)
  listen('limit_warnings', (update) => {
    const told = update.rows as unknown as LimitWarning[]
    warnings.value = [...told.toReversed(), ...(update.isWhole ? [] : warnings.value)].slice(0, MOST_EVENTS)
  })
  wish({ topic: 'trading_states', mode: 'latest', interval_ms: LIVE_MS })
  wish({ topic: 'limit_warnings', mode: 'every' })
}

let isHeard = false

function follow(): void {
  if (isHeard) return
  isHeard = true
  hear('positions', positions)
  hear('accounts', accounts)
  hear('plans', plans)
  hear('orders', orders, false)
  hear('instructions', instructions, false)
  hear('triggers', triggers, false)
  listen('fills', (update) => {
    if (!update.isWhole) fillCount.value += (update.rows as unknown as Fill[]).length
  })
  // Versions of another life of the server say nothing about this one's.
  watch(epoch, (now, before) => {
    if (before !== '' && now !== before) for (const store of [positions, accounts, orders, instructions, plans, triggers]) store.clear()
  })
  // A server that was away may have done much meanwhile.
  watch(returns, () => lookers > 0 && void loadDesk())
}

/** A snapshot of a `latest` topic is all there is; the streams keep what ended as well. */
function hear<T extends { readonly version: number }>(topic: TopicName, store: Keyed<T>, isAll = true): void {
  listen(topic, (update) => {
    const rows = update.rows as unknown as T[]
    if (update.isWhole && isAll) store.replace(rows)
    else store.add(rows)
  })
}

const STREAMS = ['orders', 'fills', 'instructions', 'triggers'] as const

function wishFor(intervalMs: number): void {
  for (const topic of ['positions', 'accounts', 'plans'] as const) wish({ topic, mode: 'latest', interval_ms: intervalMs })
  for (const topic of STREAMS) wish({ topic, mode: 'every' })
}

function leaveBe(): void {
  for (const topic of ['positions', 'plans', ...STREAMS] as const) if (topic !== 'orders' || orderKeepers === 0) drop(topic)
  if (fundLookers > 0) wish({ topic: 'accounts', mode: 'latest', interval_ms: SLOW_MS })
  else drop('accounts')
}

let orderKeepers = 0

/** For what tells of orders on every page: they come whether or not a page shows them. Returns the end of it. */
export function keepOrders(): () => void {
  follow()
  orderKeepers += 1
  if (lookers === 0) wish({ topic: 'orders', mode: 'every' })
  return () => {
    orderKeepers -= 1
    if (orderKeepers === 0 && lookers === 0) drop('orders')
  }
}

let fundLookers = 0

/** For the frame: the funds alone, once a second, whatever page stands. A page that shows the desk hears them faster. */
export function useFunds(): void {
  onMounted(() => {
    follow()
    fundLookers += 1
    if (lookers === 0) wish({ topic: 'accounts', mode: 'latest', interval_ms: SLOW_MS })
    void ask<Account[]>('/api/v1/accounts').then((funds) => accounts.replace(funds), () => undefined)
  })
  onBeforeUnmount(() => {
    fundLookers -= 1
    if (fundLookers === 0 && lookers === 0) drop('accounts')
  })
}

/** For a page that shows the desk: loads it, and keeps it live for as long as somebody looks. */
export function useDesk(isFast = true): void {
  onMounted(() => {
    follow()
    lookers += 1
    wishFor(isFast ? LIVE_MS : SLOW_MS)
    // Whoever looks beside another finds it there, and live.
    if (lookers === 1) void loadDesk()
  })
  onBeforeUnmount(() => {
    lookers -= 1
    // Another page mounts in the same turn: what it also wants is not dropped and asked for anew.
    setTimeout(() => {
      if (lookers === 0) leaveBe()
    })
  })
}
