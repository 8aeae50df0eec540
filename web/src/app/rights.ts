// What whoever is signed in may do, as the session tells it. The server judges every request by itself; this only
// keeps from the screen what would be refused.

import { computed, shallowRef } from 'vue'
import { NAVIGATION, type PageName } from './router'

/** Each permission with the (product, account) it covers; `*` is every one. */
export type Permissions = Readonly<Record<string, readonly (readonly [string, string])[]>>

const NEEDED: Partial<Record<PageName, string>> = {
  market: 'market',
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
  const known = permissions.value
  if (known === null) return true
  const pairs = known[permission] ?? []
  return WHOLE.has(permission) ? pairs.some(([product, account]) => product === '*' && account === '*') : pairs.length > 0
}

export function mayVisit(page: PageName): boolean {
  const needed = NEEDED[page]
  return needed === undefined || may(needed)
}

/** The pages to offer, in their order. */
export const navigation = computed(() => NAVIGATION.filter(mayVisit))
