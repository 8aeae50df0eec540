// Panels in browser windows of their own, for desks of several monitors: each is the page's own panel at `/pop/…`, and
// the browser remembers where it stood. One that is open is brought to the front and never opened twice.

import { shallowRef } from 'vue'
import { outward } from '../app/base'
import type { Key } from '../i18n'
import { presence } from './presence'
import { cascade, onScreens, type Place } from './screens'

export interface Panel {
  readonly panel: PanelName
  readonly words: Key
  readonly needs: string
}

export type PanelName = 'quotes' | 'chart' | 'depth' | 'positions' | 'orders'

export const PANELS: readonly Panel[] = [
  { panel: 'quotes', words: 'panel.quotes', needs: 'market' },
  { panel: 'chart', words: 'panel.chart', needs: 'market' },
  { panel: 'depth', words: 'panel.depth', needs: 'market' },
  { panel: 'positions', words: 'nav.positions', needs: 'view' },
  { panel: 'orders', words: 'nav.trades', needs: 'view' },
]

const PLACES = 'tradewind.windows'
const KEEP_MS = 2000

/** The windows this page opened. */
const opened = new Map<PanelName, Window>()
/** Those the browser did not let us open the last time, until somebody opens them or says that it is all right. */
export const blocked = shallowRef<readonly PanelName[]>([])

function places(): Record<string, Place> {
  try {
    return (JSON.parse(localStorage.getItem(PLACES) ?? '{}') ?? {}) as Record<string, Place>
  } catch {
    return {}
  }
}

export function isOpen(panel: PanelName): boolean {
  return opened.get(panel)?.closed === false || presence.has(panel)
}

/** Opens panels in their windows, or brings those that are open to the front; what the browser forbids is `blocked`. */
export function openPanels(panels: readonly PanelName[]): void {
  const known = places()
  const missing = panels.filter((panel) => !isOpen(panel))
  const unplaced = missing.filter((panel) => known[panel] === undefined)
  // Within the click and before anything is opened: the browser asks nobody for leave after it.
  const screens = onScreens(unplaced)
  const spots = screens.now ?? cascade(unplaced)
  for (const panel of panels) if (!missing.includes(panel)) bringToFront(panel)
  const refused = missing.filter((panel) => !openAt(panel, known[panel] ?? spots.get(panel)!))
  blocked.value = [...blocked.value.filter((panel) => !panels.includes(panel)), ...refused]
  void screens.later?.then((found) => found.forEach((place, panel) => moveTo(panel, place)))
}

export function openPanel(panel: PanelName): void {
  openPanels([panel])
}

function openAt(panel: PanelName, { left, top, width, height }: Place): boolean {
  const found = globalThis.open(outward(`/pop/${panel}`), `tradewind-${panel}`, `popup,left=${left},top=${top},width=${width},height=${height}`)
  if (found === null || found.closed) return false
  opened.set(panel, found)
  return true
}

function bringToFront(panel: PanelName): void {
  const known = opened.get(panel)
  if (known?.closed === false) {
    known.focus()
    return
  }
  // Opened before this page was loaded anew, or by another: by its name it is found where the browser still ties them.
  const found = globalThis.open('', `tradewind-${panel}`)
  if (found === null) return
  if (found.location.href === 'about:blank') {
    found.close()
    presence.askForward(panel)
    return
  }
  opened.set(panel, found)
  found.focus()
}

function moveTo(panel: PanelName, { left, top, width, height }: Place): void {
  const found = opened.get(panel)
  if (found === undefined || found.closed) return
  found.moveTo(left, top)
  found.resizeTo(width, height)
}

/** In such a window: remembers where it stands, for as long as it is open. Returns what ends it. */
export function rememberPlace(panel: string): () => void {
  const timer = setInterval(() => {
    const { screenX: left, screenY: top, outerWidth: width, outerHeight: height } = window
    try {
      localStorage.setItem(PLACES, JSON.stringify({ ...places(), [panel]: { left, top, width, height } }))
    } catch {
      // It opens at the first place again.
    }
  }, KEEP_MS)
  return () => clearInterval(timer)
}
