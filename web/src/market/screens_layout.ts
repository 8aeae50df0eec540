// A layout with panels in windows of their own (三屏): choosing it opens them, and the page gives their room to others
// for as long as they are open. What the browser did not open, or somebody closed, stands on the page again.

import { mayWith } from '../app/rights'
import { isOpen, openPanels, PANELS, type PanelName } from '../frame/panels'
import { followWindows } from '../frame/presence'
import { learnScreens } from '../frame/screens'
import { arrange, layout, MARKET_PANELS, use } from '../state/layouts'

/** What of the page a window shows. */
const SHOWS: Readonly<Record<PanelName, readonly string[]>> = {
  quotes: ['quotes'],
  chart: ['chart'],
  depth: ['detail', 'depth'],
  positions: [],
  orders: [],
}
/** A window that is loaded anew goes and comes; one that was there before has so long to say so. */
const SETTLE_MS = 1200

/** The windows of the layout on the screen that its user may look at. */
export function windowsOf(choices: Readonly<Record<string, string>>): PanelName[] {
  const named = (choices['windows'] ?? '').split(' ')
  return PANELS.filter(({ panel, needs }) => named.includes(panel) && mayWith('*', '*', needs)).map(({ panel }) => panel)
}

/** Chooses a layout and opens its windows; to be called within a click or a key, or the browser opens none. */
export function useLayout(name: string): boolean {
  if (!use(name)) return false
  const windows = windowsOf(layout.value.choices)
  if (windows.length > 0) openPanels(windows)
  share()
  return true
}

/** Gives the room of open windows to others, and panels whose window is not open their room again. */
export function share(): void {
  const windows = windowsOf(layout.value.choices)
  if (windows.length === 0) return
  const elsewhere = new Set(windows.filter(isOpen).flatMap((panel) => SHOWS[panel]))
  const here = new Set([...layout.value.panels, ...windows.flatMap((panel) => SHOWS[panel])])
  const panels = MARKET_PANELS.filter((name) => here.has(name) && !elsewhere.has(name))
  if (panels.join(' ') !== layout.value.panels.join(' ')) arrange({ panels })
}

/** For as long as the page is shown: follows which windows are open. Returns what ends it. */
export function followScreens(): () => void {
  let timer = 0
  const soon = (): void => {
    window.clearTimeout(timer)
    timer = window.setTimeout(share, SETTLE_MS)
  }
  const end = followWindows(soon)
  soon()
  void learnScreens()
  return () => {
    window.clearTimeout(timer)
    end()
  }
}
