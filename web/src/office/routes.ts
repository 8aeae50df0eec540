// The pages of the office and their addresses: what people tell each other to trade, what they talk about, the modules
// that collect for them, who they are.

import { defineAsyncComponent, type Component } from 'vue'
import type { Permission } from './rights'

export type OfficePage = 'instructions' | 'compose' | 'blotter' | 'products' | 'chat' | 'notices' | 'fleet' | 'stats' | 'report' | 'alerts' | 'me' | 'admin'

const PATHS: Readonly<Record<string, OfficePage>> = {
  '/instructions': 'instructions',
  '/instructions/new': 'compose',
  '/blotter': 'blotter',
  '/products': 'products',
  '/chat': 'chat',
  '/notices': 'notices',
  '/fleet': 'fleet',
  '/stats': 'stats',
  '/report': 'report',
  '/alerts': 'alerts',
  '/me': 'me',
  '/admin': 'admin',
}

/** What a page itself asks for; one that is not named is everybody's. */
export const PAGE_NEEDS: Readonly<Partial<Record<OfficePage, Permission>>> = {
  instructions: 'view',
  compose: 'instruct',
  blotter: 'trade',
  products: 'view',
  chat: 'chat',
  fleet: 'system',
  stats: 'view',
  report: 'view',
  alerts: 'market',
  admin: 'administer',
}

export const OFFICE_PAGES: Readonly<Record<OfficePage, Component>> = {
  instructions: defineAsyncComponent(() => import('../pages/InstructionsPage.vue')),
  compose: defineAsyncComponent(() => import('../pages/ComposePage.vue')),
  blotter: defineAsyncComponent(() => import('../pages/BlotterPage.vue')),
  products: defineAsyncComponent(() => import('../pages/ProductsPage.vue')),
  chat: defineAsyncComponent(() => import('../pages/ChatPage.vue')),
  notices: defineAsyncComponent(() => import('../pages/NoticesPage.vue')),
  stats: defineAsyncComponent(() => import('../pages/StatsPage.vue')),
  report: defineAsyncComponent(() => import('../pages/ReportPage.vue')),
  alerts: defineAsyncComponent(() => import('../pages/AlertsPage.vue')),
  fleet: defineAsyncComponent(() => import('../pages/FleetPage.vue')),
  me: defineAsyncComponent(() => import('../pages/MePage.vue')),
  admin: defineAsyncComponent(() => import('../pages/AdminPage.vue')),
}

/** The page at an address, `null` where there is none. */
export function officePageOf(path: string): OfficePage | null {
  return PATHS[path] ?? null
}
