// A dozen pages need no routing library: the address is one reactive value, links change it, history is the browser's.
// The pages of the office (instructions, chat, administration …) have a table of their own, loaded with the first of them.

import { defineAsyncComponent, shallowRef, type Component } from 'vue'

export type PageName = 'login' | 'market' | 'chart' | 'contracts' | 'positions' | 'account' | 'strategy' | 'trades' | 'signals' | 'system' | 'office'

export interface Route {
  readonly page: PageName
  readonly path: string
  readonly query: URLSearchParams
}

const PATHS: Readonly<Record<string, PageName>> = {
  '/': 'market',
  '/market': 'market',
  '/contracts': 'contracts',
  '/positions': 'positions',
  '/account': 'account',
  '/strategy': 'strategy',
  '/trades': 'trades',
  '/login': 'login',
  // Not /opportunities: that address answers system 003's clients with JSON.
  '/signals': 'signals',
  '/system': 'system',
}

/** The pages of the navigation, in its order. */
export const NAVIGATION = ['market', 'positions', 'trades', 'account', 'strategy', 'signals', 'system'] as const

/** Each page is loaded when first visited. */
export const PAGES: Readonly<Record<PageName, Component>> = {
  login: defineAsyncComponent(() => import('../pages/LoginPage.vue')),
  market: defineAsyncComponent(() => import('../pages/MarketPage.vue')),
  chart: defineAsyncComponent(() => import('../pages/ChartPage.vue')),
  contracts: defineAsyncComponent(() => import('../pages/ContractsPage.vue')),
  positions: defineAsyncComponent(() => import('../pages/PositionsPage.vue')),
  account: defineAsyncComponent(() => import('../pages/AccountPage.vue')),
  strategy: defineAsyncComponent(() => import('../pages/StrategyPage.vue')),
  trades: defineAsyncComponent(() => import('../pages/TradesPage.vue')),
  signals: defineAsyncComponent(() => import('../pages/SignalsPage.vue')),
  system: defineAsyncComponent(() => import('../pages/SystemPage.vue')),
  office: defineAsyncComponent(() => import('../office/OfficePages.vue')),
}

export function routeOf(address: string): Route {
  const url = new URL(address, 'http://page')
  const path = url.pathname.length > 1 ? url.pathname.replace(/\/+$/, '') : url.pathname
  // The full chart names its instrument in its path.
  const page = path === '/chart' || path.startsWith('/chart/') ? 'chart' : PATHS[path]
  return { page: page ?? 'office', path, query: url.searchParams }
}

function here(): Route {
  return routeOf(globalThis.location.pathname + globalThis.location.search)
}

export const route = shallowRef<Route>(here())

export function fullPath(): string {
  const query = route.value.query.toString()
  return query === '' ? route.value.path : `${route.value.path}?${query}`
}

export function go(address: string): void {
  globalThis.history.pushState(null, '', address)
  route.value = here()
}

export function replace(address: string): void {
  globalThis.history.replaceState(null, '', address)
  route.value = here()
}

/** A path of this page and nothing else: an address handed in from outside must lead nowhere foreign. */
export function isOwnPath(address: string): boolean {
  return /^\/(?![/\\])/.test(address)
}

globalThis.addEventListener('popstate', () => {
  route.value = here()
})
