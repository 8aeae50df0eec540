// A dozen pages need no routing library: the address is one reactive value, links change it, history is the browser's.
// The pages of the office (instructions, chat, administration …) have a table of their own, loaded with the first of them.

import { defineAsyncComponent, shallowRef, type Component } from 'vue'
import { inward, outward } from './base'

export type PageName = 'login' | 'market' | 'chart' | 'contracts' | 'positions' | 'account' | 'strategy' | 'trades' | 'signals' | 'system' | 'pop' | 'office'

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

/** Addresses by which the older systems' users know these pages (C-000-3, C-001-8), and what they are called here. */
export const OLD_PATHS: Readonly<Record<string, string>> = {
  '/realtime': '/market',
  '/accounts': '/account',
  '/watch': '/market',
  '/orders': '/trades?tab=orders',
  '/inst': '/instructions',
  '/inst/new': '/instructions/new',
  '/strategies': '/strategy',
  '/sys': '/admin',
}

/** Addresses with a part that varies; one line each. The page reads the part from `route.path`. */
const PATTERNS: readonly (readonly [RegExp, PageName])[] = [
  [/^\/pop\/[a-z]+$/, 'pop'],
  [/^\/ops(\/|$)/, 'system'],
  // The full chart names its instrument in its path.
  [/^\/chart(\/|$)/, 'chart'],
]

/** Each page is loaded when first visited, or before: `prefetch`. What the navigation offers stands in `navigation.ts`. */
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
  pop: defineAsyncComponent(() => import('../pages/PopPage.vue')),
  office: defineAsyncComponent(() => import('../office/OfficePages.vue')),
}

export function routeOf(address: string): Route {
  const url = new URL(address, 'http://page')
  const path = url.pathname.length > 1 ? url.pathname.replace(/\/+$/, '') : url.pathname
  return { page: PATHS[path] ?? PATTERNS.find(([pattern]) => pattern.test(path))?.[1] ?? 'office', path, query: url.searchParams }
}

function here(): Route {
  const { pathname, search } = globalThis.location
  const old = OLD_PATHS[inward(pathname).replace(/(.)\/+$/, '$1')]
  if (old === undefined) return routeOf(inward(pathname) + search)
  const address = old + (old.includes('?') ? search.replace('?', '&') : search)
  globalThis.history.replaceState(null, '', outward(address))
  return routeOf(address)
}

export const route = shallowRef<Route>(here())

export function fullPath(): string {
  const query = route.value.query.toString()
  return query === '' ? route.value.path : `${route.value.path}?${query}`
}

export function go(address: string): void {
  globalThis.history.pushState(null, '', outward(address))
  route.value = here()
}

export function replace(address: string): void {
  globalThis.history.replaceState(null, '', outward(address))
  route.value = here()
}

/** Fetches what the page at an address is made of, so that a click finds it there. Failing is left to the click. */
export function prefetch(address: string): void {
  const { page, path } = routeOf(address)
  void load(PAGES[page])
    .then(async () => {
      if (page !== 'office') return
      const { OFFICE_PAGES, officePageOf } = await import('../office/routes')
      const wanted = officePageOf(path)
      if (wanted !== null) await load(OFFICE_PAGES[wanted])
    })
    .catch(() => undefined)
}

/** Where `defineAsyncComponent` keeps its loader, which fetches once, however often it is called. */
const LOADER = '__asyncLoader'

async function load(component: Component): Promise<void> {
  await (component as { readonly [LOADER]?: () => Promise<unknown> })[LOADER]?.()
}

/** A path of this page and nothing else: an address handed in from outside must lead nowhere foreign. */
export function isOwnPath(address: string): boolean {
  return /^\/(?![/\\])/.test(address)
}

globalThis.addEventListener('popstate', () => {
  route.value = here()
})
