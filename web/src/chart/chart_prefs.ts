// What a person has chosen for charts: indicators with their parameters, marks, days of the day line, and the lines
// drawn upon each instrument. Kept in this browser.

import { reactive, watch } from 'vue'
import type { Study } from './kline'
import type { Drawing } from './kline_drawings'
import type { MarkKind } from './marks'
import type { Scope } from './day_axis'

export const OVER = ['MA', 'EMA', 'BOLL'] as const
export const UNDER = ['MACD', 'KDJ', 'RSI'] as const
export type StudyName = (typeof OVER)[number] | (typeof UNDER)[number]

export const FIRST_PARAMS: Readonly<Record<StudyName, readonly number[]>> = {
  MA: [5, 20, 60],
  EMA: [12, 26, 60],
  BOLL: [20, 2],
  MACD: [12, 26, 9],
  KDJ: [9, 3, 3],
  RSI: [6, 12, 24],
}
export const MARK_KINDS: readonly MarkKind[] = ['signal', 'fill', 'trigger']
export const MOST_DAYS = 5
const KEY = 'tradewind.charts'
const MOST_DRAWN = 60
const LONGEST_PERIOD = 500

interface ChartPrefs {
  studies: StudyName[]
  params: Record<StudyName, number[]>
  marks: MarkKind[]
  scope: Scope
  days: number
  drawings: Record<string, Drawing[]>
}

function fresh(): ChartPrefs {
  const params = Object.fromEntries(Object.entries(FIRST_PARAMS).map(([name, list]) => [name, [...list]])) as Record<StudyName, number[]>
  return { studies: ['MA'], params, marks: [], scope: 'all', days: 1, drawings: {} }
}

/** What was stored, as far as this page knows it: another version may have stored something else. */
export function readPrefs(text: string | null): ChartPrefs {
  const prefs = fresh()
  try {
    const stored = JSON.parse(text ?? '{}') as Partial<ChartPrefs>
    const names = Object.keys(FIRST_PARAMS) as StudyName[]
    if (Array.isArray(stored.studies)) prefs.studies = names.filter((name) => stored.studies!.includes(name))
    for (const name of names) prefs.params[name] = validParams(name, stored.params?.[name]) ?? prefs.params[name]
    if (Array.isArray(stored.marks)) prefs.marks = MARK_KINDS.filter((kind) => stored.marks!.includes(kind))
    if (stored.scope === 'day') prefs.scope = 'day'
    if (Number.isInteger(stored.days)) prefs.days = Math.min(MOST_DAYS, Math.max(1, stored.days!))
    if (typeof stored.drawings === 'object' && stored.drawings !== null) prefs.drawings = stored.drawings
  } catch {
    // Damaged: begun anew.
  }
  return prefs
}

/** Whole numbers from 1 to 500, as many as the indicator has; `null` for anything else. */
export function validParams(name: StudyName, params: unknown): number[] | null {
  if (!Array.isArray(params) || params.length !== FIRST_PARAMS[name].length) return null
  return params.every((value) => Number.isInteger(value) && value >= 1 && value <= LONGEST_PERIOD) ? (params as number[]) : null
}

function readStorage(): string | null {
  try {
    return globalThis.localStorage.getItem(KEY)
  } catch {
    return null
  }
}

export const chartPrefs = reactive(readPrefs(readStorage()))

watch(chartPrefs, (prefs) => {
  try {
    globalThis.localStorage.setItem(KEY, JSON.stringify(prefs))
  } catch {
    // A browser that refuses storage keeps the choice for as long as the tab lives.
  }
})

export function studiesOf(names: readonly StudyName[]): Study[] {
  return chartPrefs.studies.filter((name) => names.includes(name)).map((name) => ({ name, params: chartPrefs.params[name] }))
}

export function keepDrawings(instrumentId: string, drawings: readonly Drawing[]): void {
  const others = Object.entries(chartPrefs.drawings).filter(([id]) => id !== instrumentId)
  const kept = drawings.length > 0 ? [...others, [instrumentId, drawings.slice(-MOST_DRAWN)] as const] : others
  chartPrefs.drawings = Object.fromEntries(kept.slice(-MOST_DRAWN)) as Record<string, Drawing[]>
}
