// What a person has set on this machine: theme, colours of rise and fall, language. Kept in localStorage.

import { ref, watch } from 'vue'

export type Theme = 'dark' | 'light'
/** cn: red rises; us: green rises; cb: orange rises, blue falls, for eyes that do not part red from green. */
export type UpDown = 'cn' | 'us' | 'cb'
export type Locale = 'zh' | 'en'

const KEY = 'tradewind.settings'

interface Stored {
  theme?: Theme
  updown?: UpDown
  locale?: Locale
}

function read(): Stored {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? '{}') as Stored
  } catch {
    return {}
  }
}

const stored = read()
const prefersLight = globalThis.matchMedia?.('(prefers-color-scheme: light)').matches ?? false

export const theme = ref<Theme>(stored.theme ?? (prefersLight ? 'light' : 'dark'))
export const updown = ref<UpDown>(stored.updown ?? 'cn')
export const locale = ref<Locale>(stored.locale ?? 'zh')

/** Puts the settings on the document, now and on every change; styles and charts read them from there. */
export function applySettings(): void {
  watch(
    [theme, updown, locale],
    () => {
      const root = document.documentElement
      root.dataset['theme'] = theme.value
      root.dataset['updown'] = updown.value
      root.lang = locale.value === 'zh' ? 'zh-CN' : 'en'
      try {
        localStorage.setItem(KEY, JSON.stringify({ theme: theme.value, updown: updown.value, locale: locale.value }))
      } catch {
        // A browser that refuses storage still shows the page; the choice lasts as long as the tab.
      }
    },
    { immediate: true },
  )
}
