// The person's watch-lists as the grid uses them, kept in this browser.

import { shallowRef } from 'vue'

export interface WatchList {
  readonly list_id: string
  /** Empty: the list has the name the page gives it (自选). */
  readonly name: string
  readonly instruments: readonly string[]
}

const KEY = 'tradewind.lists'
const MOST_INSTRUMENTS = 300

function read(): readonly WatchList[] {
  try {
    const stored = JSON.parse(globalThis.localStorage.getItem(KEY) ?? '[]') as readonly string[]
    return [{ list_id: 'first', name: '', instruments: stored.filter((id) => typeof id === 'string') }]
  } catch {
    return [{ list_id: 'first', name: '', instruments: [] }]
  }
}

export const watchlists = shallowRef<readonly WatchList[]>(read())

function change(to: (ids: readonly string[]) => readonly string[]): void {
  const [first] = watchlists.value
  const instruments = to(first!.instruments).slice(0, MOST_INSTRUMENTS)
  watchlists.value = [{ ...first!, instruments }]
  try {
    globalThis.localStorage.setItem(KEY, JSON.stringify(instruments))
  } catch {
    // Kept for as long as the tab lives.
  }
}

export function isIn(list: string, instrumentId: string): boolean {
  return watchlists.value.find(({ list_id: id }) => id === list)?.instruments.includes(instrumentId) ?? false
}

export function addTo(list: string, instrumentId: string): boolean {
  if (isIn(list, instrumentId)) return false
  change((ids) => [...ids, instrumentId])
  return true
}

export function removeFrom(_list: string, instrumentId: string): void {
  change((ids) => ids.filter((id) => id !== instrumentId))
}

export function move(_list: string, instrumentId: string, to: number): void {
  change((ids) => ids.filter((id) => id !== instrumentId).toSpliced(to, 0, instrumentId))
}
