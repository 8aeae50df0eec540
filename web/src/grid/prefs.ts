// What a person has chosen for the grid: columns, their widths, order, groups, tab. Kept in this browser.

import { reactive, watch } from 'vue'
import { GROUPINGS, type Grouping } from './arrange'
import { COLUMNS, FIRST_COLUMNS } from './columns'
import type { Sorting } from './order'

export interface GridPrefs {
  /** Keys of the columns shown, in their order. */
  columns: string[]
  /** Pixels of columns that somebody made wider or narrower. */
  widths: Record<string, number>
  sortings: readonly Sorting[]
  group: Grouping
  /** Names of the groups that are closed. */
  folded: string[]
  /** `all`, `main`, `list:<id>`, `exchange:<name>` or `product:<name>`. */
  tab: string
}

export const NARROWEST = 36
export const WIDEST = 400
const KEY = 'tradewind.grid'
const MOST_FOLDED = 200

export function readGridPrefs(text: string | null): GridPrefs {
  const prefs: GridPrefs = { columns: [...FIRST_COLUMNS], widths: {}, sortings: [], group: 'none', folded: [], tab: 'all' }
  try {
    const stored = JSON.parse(text ?? '{}') as Partial<GridPrefs>
    const known = new Set(COLUMNS.map((column) => column.key))
    const columns = Array.isArray(stored.columns) ? [...new Set(stored.columns.filter((key) => known.has(key)))] : []
    if (columns.length > 0) prefs.columns = columns
    for (const [key, width] of Object.entries(stored.widths ?? {})) if (known.has(key) && Number.isFinite(width)) prefs.widths[key] = clampWidth(width)
    if (Array.isArray(stored.sortings)) prefs.sortings = stored.sortings.filter(({ key, direction }) => known.has(key) && (direction === 1 || direction === -1))
    if (GROUPINGS.includes(stored.group as Grouping)) prefs.group = stored.group!
    if (Array.isArray(stored.folded)) prefs.folded = stored.folded.slice(-MOST_FOLDED)
    if (typeof stored.tab === 'string') prefs.tab = stored.tab
  } catch {
    // Damaged: begun anew.
  }
  return prefs
}

export function clampWidth(width: number): number {
  return Math.round(Math.min(WIDEST, Math.max(NARROWEST, width)))
}

function readStorage(): string | null {
  try {
    return globalThis.localStorage.getItem(KEY)
  } catch {
    return null
  }
}

export const gridPrefs = reactive(readGridPrefs(readStorage()))

watch(gridPrefs, (prefs) => {
  try {
    globalThis.localStorage.setItem(KEY, JSON.stringify(prefs))
  } catch {
    // Kept for as long as the tab lives.
  }
})

/** Moves a column before another, or shows it there. */
export function placeColumn(key: string, before: string | null): void {
  if (key === before) return
  const others = gridPrefs.columns.filter((each) => each !== key)
  const at = before === null ? others.length : others.indexOf(before)
  gridPrefs.columns = others.toSpliced(at < 0 ? others.length : at, 0, key)
}

export function toggleColumn(key: string): void {
  if (!gridPrefs.columns.includes(key)) {
    // Back where it stands by nature: after the nearest column before it that is shown.
    const natural = COLUMNS.map((column) => column.key)
    const after = natural.slice(natural.indexOf(key) + 1).find((each) => gridPrefs.columns.includes(each)) ?? null
    placeColumn(key, after)
  } else if (gridPrefs.columns.length > 1) gridPrefs.columns = gridPrefs.columns.filter((each) => each !== key)
}

export function resetColumns(): void {
  gridPrefs.columns = [...FIRST_COLUMNS]
  gridPrefs.widths = {}
}
