// The market page and the layout on the screen: the layout says which columns, order, groups, list and period there are
// and how the room is shared; what somebody changes is said to the layout. What a layout leaves unsaid stays as it is.

import { computed, watch, type Ref } from 'vue'
import { period, PERIODS, type Period } from '../app/settings'
import { gridPrefs, readGridPrefs } from '../grid/prefs'
import { arrange, layout, uses, type Layout } from '../state/layouts'
import { deskReads } from '../state/own_desk'

/** Shares of the width and the height in per mille, and the rail in px; 0 or unsaid: as the page brings it. */
export const SIZES = ['columns', 'rows', 'rail'] as const
export type SizeName = (typeof SIZES)[number]
export const SIZE_RANGES: Readonly<Record<SizeName, readonly [least: number, most: number]>> = {
  columns: [200, 800],
  rows: [250, 850],
  rail: [220, 520],
}

type Choices = Readonly<Record<string, string>>

/** What the page shows, in the words of a layout. */
export function choicesNow(): Choices {
  const { columns, widths, sortings, group, tab } = gridPrefs
  return {
    columns: columns.join(' '),
    widths: Object.entries(widths).map(([key, width]) => `${key}:${width}`).join(' '),
    sort: sortings.map(({ key, direction }) => `${key}:${direction}`).join(' '),
    group,
    list: tab,
    period: period.value,
  }
}

function pairs(text: string): [string, number][] {
  return text.split(' ').filter((each) => each !== '').map((each) => [each.slice(0, each.lastIndexOf(':')), Number(each.slice(each.lastIndexOf(':') + 1))])
}

/** Shows what a layout says; words of another version of the page count as unsaid. */
export function showChoices(choices: Choices, isPeriodAsked = false): void {
  const { columns, widths, sort, group, list, period: wanted } = choices
  const told = readGridPrefs(JSON.stringify({
    columns: columns?.split(' '),
    widths: Object.fromEntries(pairs(widths ?? '')),
    sortings: pairs(sort ?? '').map(([key, direction]) => ({ key, direction })),
    group,
    tab: list,
  }))
  if (columns !== undefined) gridPrefs.columns = told.columns
  if (widths !== undefined) gridPrefs.widths = told.widths
  if (sort !== undefined) gridPrefs.sortings = told.sortings
  if (group !== undefined) gridPrefs.group = told.group
  if (list !== undefined) gridPrefs.tab = told.tab
  if (!isPeriodAsked && PERIODS.includes(wanted as Period)) period.value = wanted as Period
}

/**
 * Keeps page and layout together for as long as the page is shown. `tab` is the tab of the events; what the address
 * asks for goes before what the layout says.
 */
export function followLayout<T extends string>(tab: Ref<T>, tabs: () => readonly T[], asked: { readonly period: boolean; readonly tab: boolean }): void {
  let shown = ''
  let isAsked = asked
  function show({ choices }: Layout): void {
    const said = JSON.stringify(choices)
    if (said === shown) return
    shown = said
    showChoices(choices, isAsked.period)
    const wanted = choices['tab'] as T | undefined
    if (!isAsked.tab && wanted !== undefined && tabs().includes(wanted)) tab.value = wanted
  }
  show(layout.value)
  watch(deskReads, () => show(layout.value))
  watch(uses, () => {
    isAsked = { period: false, tab: false }
    shown = ''
    show(layout.value)
  })
  watch(choicesNow, (now) => {
    const said = layout.value.choices
    const isNews = Object.entries(now).some(([name, value]) => said[name] !== value)
    if (isNews) arrange({ choices: now })
    shown = JSON.stringify(layout.value.choices)
  })
}

/** How the room is shared, as the styles read it; what is unsaid is theirs. */
export const sizeStyle = computed<Readonly<Record<string, string>>>(() => styleOf(layout.value.sizes))

export function styleOf(sizes: Readonly<Record<string, number>>): Record<string, string> {
  const style: Record<string, string> = {}
  const columns = within('columns', sizes['columns'])
  const rows = within('rows', sizes['rows'])
  const rail = within('rail', sizes['rail'])
  if (columns !== null) Object.assign(style, { '--first': `${columns}fr`, '--second': `${1000 - columns}fr` })
  if (rows !== null) Object.assign(style, { '--upper': `${rows}fr`, '--lower': `${1000 - rows}fr` })
  if (rail !== null) style['--rail'] = `${rail}px`
  return style
}

function within(name: SizeName, size: number | undefined): number | null {
  if (size === undefined || !(size > 0)) return null
  const [least, most] = SIZE_RANGES[name]
  return Math.round(Math.min(most, Math.max(least, size)))
}
