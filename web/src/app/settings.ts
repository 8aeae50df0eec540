// What a person has set on this machine: colours, language, period of the chart, least severity. Kept in localStorage.

import { ref, watch, type Ref } from 'vue'
import type { Severity } from '../api/types'

export type Theme = 'dark' | 'light'
/** cn: red rises; us: green rises; cb: orange rises, blue falls, for eyes that do not part red from green. */
export type UpDown = 'cn' | 'us' | 'cb'
/** How much room rows and panels take. */
export const DENSITIES = ['loose', 'standard', 'compact'] as const
export type Density = (typeof DENSITIES)[number]
export type Locale = 'zh' | 'en'

export const PERIODS = ['tick', 'line', '1', '3', '5', '15', '30', '60', 'D', 'W'] as const
export type Period = (typeof PERIODS)[number]
/** From least to most; the order is what "at least" means. */
export const SEVERITIES: readonly Severity[] = ['low', 'medium', 'high', 'critical']

const KEY = 'tradewind.settings'

function read(): Readonly<Record<string, unknown>> {
  try {
    return (JSON.parse(localStorage.getItem(KEY) ?? '{}') ?? {}) as Record<string, unknown>
  } catch {
    return {}
  }
}

const stored = read()
const prefersLight = globalThis.matchMedia?.('(prefers-color-scheme: light)').matches ?? false

/** What was stored under `name`, unless an older or newer page stored what this one does not know. */
function remembered<T extends string>(name: string, allowed: readonly T[], fallback: T): Ref<T> {
  const value = stored[name] as T
  return ref(allowed.includes(value) ? value : fallback) as Ref<T>
}

export const theme = remembered<Theme>('theme', ['dark', 'light'], prefersLight ? 'light' : 'dark')
export const updown = remembered<UpDown>('updown', ['cn', 'us', 'cb'], 'cn')
export const density = remembered<Density>('density', DENSITIES, 'standard')
export const locale = remembered<Locale>('locale', ['zh', 'en'], 'zh')
export const period = remembered<Period>('period', PERIODS, 'line')
export const leastSeverity = remembered<Severity>('leastSeverity', SEVERITIES, 'low')

const all = { theme, updown, density, locale, period, leastSeverity }

/** Puts the settings on the document, now and on every change; styles and charts read them from there. */
export function applySettings(): void {
  watch(
    Object.values(all),
    () => {
      const root = document.documentElement
      root.dataset['theme'] = theme.value
      root.dataset['updown'] = updown.value
      root.dataset['density'] = density.value
      root.lang = locale.value === 'zh' ? 'zh-CN' : 'en'
      const values = Object.fromEntries(Object.entries(all).map(([name, setting]) => [name, setting.value]))
      try {
        localStorage.setItem(KEY, JSON.stringify(values))
      } catch {
        // A browser that refuses storage still shows the page; the choice lasts as long as the tab.
      }
    },
    { immediate: true },
  )
}
