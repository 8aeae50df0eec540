// How the market page is arranged, and the arrangements a person has saved by name. The page reads `layout` and says
// what was changed with `arrange`; panels, sizes and choices are its own words (panel names, px or fractions, columns,
// period of the chart …).

import { computed, shallowRef } from 'vue'
import { changeDesk, ownDesk, type Layout } from './own_desk'

export type { Layout } from './own_desk'

export const MOST_LAYOUTS = 20

/** The panels a layout may name; what it does not name is not shown. */
export const MARKET_PANELS = ['quotes', 'chart', 'opportunities', 'events', 'detail', 'depth', 'features'] as const

/** What the page brings: 盯盘 to watch, 做单 to trade, 看图 for the chart, 三屏 where the panels stand in windows of their own. */
export const PRESET_NAMES = ['watch', 'trade', 'chart', 'screens'] as const
export type PresetName = (typeof PRESET_NAMES)[number]

export const PRESETS: Readonly<Record<PresetName, Layout>> = {
  watch: { name: 'watch', panels: MARKET_PANELS, sizes: {}, choices: {} },
  trade: { name: 'trade', panels: ['quotes', 'chart', 'events', 'detail', 'depth'], sizes: {}, choices: { tab: 'ticket' } },
  chart: { name: 'chart', panels: ['quotes', 'chart', 'detail'], sizes: {}, choices: {} },
  screens: { name: 'screens', panels: ['quotes', 'opportunities', 'events'], sizes: {}, choices: { windows: 'chart depth orders' } },
}

/** The arrangement on the screen. */
export const layout = computed<Layout>(() => ownDesk.value.layout ?? PRESETS.watch)
/** How often an arrangement was chosen here: who follows it shows it anew, even where it is the same again. */
export const uses = shallowRef(0)
/** The arrangements saved by name, in the order they were first saved. */
export const layouts = computed(() => ownDesk.value.layouts)

/** Changes the arrangement on the screen; what is saved under a name stays as it is until `saveAs`. */
export function arrange(change: Partial<Omit<Layout, 'name'>>): void {
  changeDesk((desk) => {
    const before = desk.layout ?? PRESETS.watch
    const after = { ...before, ...change, sizes: { ...before.sizes, ...change.sizes }, choices: { ...before.choices, ...change.choices } }
    return JSON.stringify(after) === JSON.stringify(before) ? desk : { ...desk, layout: after }
  })
}

/** Saves the arrangement on the screen under a name, in place of the one of that name; false where there are too many. */
export function saveAs(name: string): boolean {
  const wanted = name.trim()
  const isKnown = layouts.value.some((each) => each.name === wanted)
  if (wanted === '' || isPreset(wanted) || (!isKnown && layouts.value.length >= MOST_LAYOUTS)) return false
  changeDesk((desk) => {
    const saved = { ...(desk.layout ?? PRESETS.watch), name: wanted }
    const others = desk.layouts.some((each) => each.name === wanted)
      ? desk.layouts.map((each) => (each.name === wanted ? saved : each))
      : [...desk.layouts, saved]
    return { ...desk, layouts: others, layout: saved }
  })
  return true
}

/** Arranges the screen as saved under a name, or as a preset says; false where there is none of that name. */
export function use(name: string): boolean {
  const found = isPreset(name) ? PRESETS[name] : layouts.value.find((each) => each.name === name)
  if (found === undefined) return false
  changeDesk((desk) => ({ ...desk, layout: found }))
  uses.value += 1
  return true
}

export function removeLayout(name: string): void {
  changeDesk((desk) => ({ ...desk, layouts: desk.layouts.filter((each) => each.name !== name) }))
}

function isPreset(name: string): name is PresetName {
  return (PRESET_NAMES as readonly string[]).includes(name)
}
