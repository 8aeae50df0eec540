// The one table of keys: what the frame listens to, what the help sheet lists and what the palette shows beside a
// command. Browsers keep F11 and F12 for themselves.

import type { Key } from '../i18n'
import { go, route } from '../app/router'
import { period } from '../app/settings'

export interface KeyUse {
  readonly key: string
  readonly words: Key
  /** What it does on every page; a key without it belongs to the page named beside it. */
  readonly run?: () => void
  readonly where?: Key
}

/** From the day line to candles and back. */
export function turnChart(): void {
  period.value = period.value === 'line' ? '1' : 'line'
  if (!['/', '/market'].includes(route.value.path)) go('/market')
}

export const KEYS: readonly KeyUse[] = [
  { key: 'F2', words: 'nav.market', run: () => go('/market') },
  { key: 'F5', words: 'key.turnChart', run: turnChart },
  { key: 'F6', words: 'nav.positions', run: () => go('/positions') },
  { key: 'F7', words: 'key.orders', run: () => go('/trades?tab=orders') },
  { key: 'F8', words: 'key.trades', run: () => go('/trades?tab=trades') },
  { key: 'F9', words: 'nav.instructions', run: () => go('/instructions') },
  { key: 'F10', words: 'nav.account', run: () => go('/account') },
  { key: 'Ctrl K', words: 'key.palette' },
  { key: '?', words: 'key.help' },
  { key: 'Esc', words: 'key.back' },
  { key: 'a–z 0–9', words: 'key.find', where: 'nav.market' },
  { key: '/', words: 'key.find', where: 'nav.market' },
  { key: '↑ ↓', words: 'key.rows', where: 'nav.market' },
  { key: 'Enter', words: 'key.chart', where: 'nav.market' },
  { key: 'PgUp PgDn', words: 'key.next', where: 'nav.market' },
]

export function isTyping(event: KeyboardEvent): boolean {
  return event.target instanceof HTMLElement && event.target.closest('input, select, textarea, [contenteditable]') !== null
}
