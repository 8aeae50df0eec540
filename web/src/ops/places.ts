// The operator's pages by address; what each of them asks of whoever opens it.

import { outward } from '../app/base'
import { go, route } from '../app/router'

export const TABS = ['overview', 'logs', 'alerts', 'config', 'data'] as const
export type Tab = (typeof TABS)[number]

/** Logs and settings are told to operators alone. */
export const NEEDS: Readonly<Record<Tab, 'system' | 'operate'>> = { overview: 'system', logs: 'operate', alerts: 'system', config: 'operate', data: 'system' }

export function addressOf(tab: Tab, query: Readonly<Record<string, string>> = {}): string {
  const path = tab === 'overview' ? '/ops' : `/ops/${tab}`
  const search = new URLSearchParams(query).toString()
  return search === '' ? path : `${path}?${search}`
}

/** The same as the browser has it, for links: the application may stand below a path of its host. */
export function hrefOf(tab: Tab, query: Readonly<Record<string, string>> = {}): string {
  return outward(addressOf(tab, query))
}

export function tabOf(path: string): Tab {
  return TABS.find((tab) => path === `/ops/${tab}`) ?? 'overview'
}

/** Changes one part of the address without a step in the history for each letter. */
export function keep(name: string, value: string): void {
  const query = new URLSearchParams(route.value.query)
  if (value === '') query.delete(name)
  else query.set(name, value)
  const search = query.toString()
  globalThis.history.replaceState(null, '', outward(search === '' ? route.value.path : `${route.value.path}?${search}`))
}

export function follow(event: MouseEvent, address: string): void {
  if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
  event.preventDefault()
  go(address)
}
