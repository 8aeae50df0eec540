// Panels in browser windows of their own, for desks of several monitors: each is the page's own panel at `/pop/…`, and
// the browser remembers where it stood. The windows of one browser look at the same instrument.

import { watch } from 'vue'
import type { Key } from '../i18n'
import { outward } from '../app/base'
import { select, selectedId } from '../state/market'

export interface Panel {
  readonly panel: 'quotes' | 'chart' | 'depth' | 'positions' | 'orders'
  readonly words: Key
  readonly needs: string
}

export const PANELS: readonly Panel[] = [
  { panel: 'quotes', words: 'panel.quotes', needs: 'market' },
  { panel: 'chart', words: 'panel.chart', needs: 'market' },
  { panel: 'depth', words: 'panel.depth', needs: 'market' },
  { panel: 'positions', words: 'nav.positions', needs: 'view' },
  { panel: 'orders', words: 'nav.trades', needs: 'view' },
]

const PLACES = 'tradewind.windows'
const KEEP_MS = 2000

interface Place {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

function places(): Record<string, Place> {
  try {
    return (JSON.parse(localStorage.getItem(PLACES) ?? '{}') ?? {}) as Record<string, Place>
  } catch {
    return {}
  }
}

/** Opens a panel in its window, or brings the one that is open to the front. */
export function openPanel(panel: Panel['panel']): void {
  const { left, top, width, height } = places()[panel] ?? { left: 80, top: 80, width: 900, height: 640 }
  globalThis.open(outward(`/pop/${panel}`), `tradewind-${panel}`, `popup,left=${left},top=${top},width=${width},height=${height}`)
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

/** Lets every window of this browser look at the instrument that was chosen in one of them. Returns what ends it. */
export function shareSelection(): () => void {
  const channel = new BroadcastChannel('tradewind-selection')
  let heard = ''
  channel.addEventListener('message', ({ data }: MessageEvent<string>) => {
    heard = data
    select(data)
  })
  const stop = watch(selectedId, (id) => {
    if (id !== '' && id !== heard) channel.postMessage(id)
    heard = ''
  })
  return () => {
    stop()
    channel.close()
  }
}
