// What whoever is signed in may do, as the session tells it. The server judges every request by itself; this only
// keeps from the screen what would be refused.

import { shallowRef } from 'vue'
import type { PageName } from './router'

/** Each permission with the (product, account) it covers; `*` is every one. */
export type Permissions = Readonly<Record<string, readonly (readonly [string, string])[]>>

const NEEDED: Partial<Record<PageName, string>> = {
  market: 'market',
  chart: 'market',
  contracts: 'market',
  signals: 'market',
  positions: 'view',
  trades: 'view',
  account: 'view',
  strategy: 'view',
  system: 'system',
}
/** Permissions that belong to no product: only a whole one counts. */
const WHOLE: ReadonlySet<string> = new Set(['system', 'operate', 'audit', 'administer'])

/** `null` before anybody signed in, and with a server that does not tell. */
const permissions = shallowRef<Permissions | null>(null)

export function learn(told: Permissions | undefined): void {
  permissions.value = told ?? null
}

/** Whether there is anything with which they may do this. */
export function may(permission: string): boolean {
  if (WHOLE.has(permission)) return mayWith('*', '*', permission)
  return permissions.value === null || (permissions.value[permission] ?? []).length > 0
}

/** Whether they may do this with that product and account; `*` for every one. */
export function mayWith(product: string, account: string, permission: string): boolean {
  if (permissions.value === null) return true
  const pairs = permissions.value[permission] ?? []
  return pairs.some(([theirs, held]) => (theirs === '*' || theirs === product) && (held === '*' || held === account))
}

export function mayVisit(page: PageName): boolean {
  const needed = NEEDED[page]
  return needed === undefined || may(needed)
}
