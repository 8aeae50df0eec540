// Where windows of panels go: on the other monitors where the browser tells of them and is allowed to, else one beside
// the other on this one, so that none hides another.

import type { PanelName } from './panels'

export interface Place {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

interface ScreenNow {
  readonly availLeft: number
  readonly availTop: number
  readonly availWidth: number
  readonly availHeight: number
}

interface ScreenDetails {
  readonly screens: readonly ScreenNow[]
  readonly currentScreen: ScreenNow
}

type Asking = typeof globalThis & { getScreenDetails?: () => Promise<ScreenDetails> }
type Places = ReadonlyMap<PanelName, Place>

const FIRST = 80
const STEP = 90
const WIDTH = 900
const HEIGHT = 640

let details: ScreenDetails | null = null

/** Asks for the monitors where that was granted before: then windows open where they belong at once. */
export async function learnScreens(): Promise<void> {
  const granted = await navigator.permissions?.query({ name: 'window-management' as PermissionName }).catch(() => null)
  if (granted?.state === 'granted') details = await (globalThis as Asking).getScreenDetails?.().catch(() => null) ?? null
}

/** `now` where the monitors are known; `later` while the browser asks its user whether we may know them. */
export function onScreens(panels: readonly PanelName[]): { readonly now: Places | null; readonly later: Promise<Places> | null } {
  if (details !== null) return { now: spread(panels, others(details)), later: null }
  const { getScreenDetails } = globalThis as Asking
  const isExtended = (screen as Screen & { isExtended?: boolean }).isExtended === true
  if (panels.length === 0 || !isExtended || getScreenDetails === undefined) return { now: null, later: null }
  const later = getScreenDetails.call(globalThis).then(
    (found) => {
      details = found
      return spread(panels, others(found)) ?? new Map()
    },
    () => new Map(),
  )
  return { now: null, later }
}

function others({ screens, currentScreen }: ScreenDetails): ScreenNow[] {
  return screens.filter((each) => each !== currentScreen).toSorted((a, b) => a.availLeft - b.availLeft || a.availTop - b.availTop)
}

/** The first panel has a monitor to itself where there are two; the rest stand side by side. `null` without another. */
export function spread(panels: readonly PanelName[], screens: readonly ScreenNow[]): Places | null {
  const last = screens.at(-1)
  if (last === undefined) return null
  const alone = panels.slice(0, Math.min(screens.length, panels.length) - 1)
  const together = panels.slice(alone.length)
  const found = new Map<PanelName, Place>()
  alone.forEach((panel, at) => found.set(panel, columnOf(screens[at]!, 0, 1)))
  together.forEach((panel, at) => found.set(panel, columnOf(together.length === 1 ? screens[alone.length]! : last, at, together.length)))
  return found
}

function columnOf({ availLeft, availTop, availWidth, availHeight }: ScreenNow, at: number, count: number): Place {
  const width = Math.floor(availWidth / count)
  return { left: availLeft + at * width, top: availTop, width, height: availHeight }
}

/** On this monitor, each a step further right and down. */
export function cascade(panels: readonly PanelName[]): Places {
  return new Map(panels.map((panel, at) => [panel, { left: FIRST + at * STEP, top: FIRST + at * STEP, width: WIDTH, height: HEIGHT }]))
}
