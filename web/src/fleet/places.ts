// The addresses within the page: which list, and which module or job stands beside it.

import { go, route } from '../app/router'

export const TABS = ['modules', 'jobs', 'schedules', 'workflows', 'servers'] as const
export type Tab = (typeof TABS)[number]

export type Picked = { readonly module: string } | { readonly job: string }

export function addressOf(tab: Tab, picked?: Picked): string {
  return `/fleet?${new URLSearchParams({ tab, ...picked })}`
}

/** The list that is on the screen stays. */
export function beside(picked: Picked): string {
  const asked = route.value.query.get('tab')
  return addressOf(TABS.find((name) => name === asked) ?? 'modules', picked)
}

export function open(address: string): void {
  go(address)
}
