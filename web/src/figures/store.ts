// The statistics of the desk, as the feed tells them: each topic begins with the whole of it.

import { onBeforeUnmount, onMounted, ref } from 'vue'
import { Keyed } from '../desk/keyed'
import { drop, listen, wish } from '../transport/feed'
import type { TopicName } from '@tradewind/client'
import type { AccountFigures, OrderStatistic, PositionFigures, PositionGroup, TradeStatistic } from './types'

const LIVE_MS = 500

export const figures = new Keyed<PositionFigures>({
  idOf: (row) => `${row.account_id} ${row.book} ${row.instrument_id} ${row.direction}`,
  isGone: (row) => row.quantity === 0,
})
export const funds = new Keyed<AccountFigures>({ idOf: (row) => `${row.account_id} ${row.book}` })
export const traded = new Keyed<TradeStatistic>({ idOf: (row) => `${row.account_id} ${row.product_code} ${row.strategy} ${row.instrument_id} ${row.side} ${row.trading_day}`, isGone: (row) => row.fills === 0 })
export const working = new Keyed<OrderStatistic>({ idOf: (row) => `${row.account_id} ${row.product_code} ${row.strategy} ${row.instrument_id} ${row.side}`, isGone: (row) => row.orders === 0 })
export const groups = new Keyed<PositionGroup>({ idOf: (row) => `${row.account_id} ${row.product_code} ${row.grouping} ${row.name}`, isGone: (row) => row.positions === 0 })
/** True once the feed has told how things stand. */
export const isTold = ref(false)

const TOPICS = ['position_figures', 'account_figures', 'trade_statistics', 'order_statistics', 'position_groups'] as const
let isHeard = false
let lookers = 0

function hear<T extends { readonly version: number }>(topic: TopicName, store: Keyed<T>): void {
  listen(topic, (update) => {
    const rows = update.rows as unknown as T[]
    if (update.isWhole) store.clear()
    store.add(rows)
    isTold.value = true
  })
}

function follow(): void {
  if (isHeard) return
  isHeard = true
  hear('position_figures', figures)
  hear('account_figures', funds)
  hear('trade_statistics', traded)
  hear('order_statistics', working)
  hear('position_groups', groups)
}

/** For a page that shows them: keeps them live for as long as somebody looks. */
export function useFigures(): void {
  onMounted(() => {
    follow()
    lookers += 1
    for (const topic of TOPICS) wish({ topic, mode: 'latest', interval_ms: LIVE_MS })
  })
  onBeforeUnmount(() => {
    lookers -= 1
    setTimeout(() => {
      if (lookers === 0) for (const topic of TOPICS) drop(topic)
    })
  })
}
