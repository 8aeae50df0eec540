// What REST tells of accounts' links to their brokers.
import type { Difference } from './statements'

export interface AccountLink {
  readonly account_id: string
  readonly state: string
  readonly reason: string
  readonly since_ts: number
  readonly front: string
  readonly trading_day: number
  readonly is_working: boolean
  readonly is_settlement_confirmed: boolean
  readonly queries_waiting: number
  readonly query: string
  readonly flow_limit: number
  readonly flow_used: number
  readonly external_orders: number
  readonly external_fills: number
  readonly differences: readonly Pick<Difference, 'code' | 'subject' | 'ours' | 'theirs'>[]
  readonly compared_ts: number | null
}

export interface QueueView {
  readonly queues: readonly { readonly account_id: string; readonly orders: number; readonly cancels: number }[]
  readonly broker: { readonly accounts: readonly AccountLink[] }
}

/** `ready`: orders go; `bad`: somebody has to act, or nothing can be sent; else it is on its way. */
export function standingOf(link: AccountLink): 'ready' | 'bad' | 'under_way' {
  if (link.state === 'refused' || (link.is_working && !link.is_settlement_confirmed)) return 'bad'
  return link.is_working ? 'ready' : 'under_way'
}
