// Watch-lists (自选 1…n) of the person who is signed in: kept by the server, the same at every machine. Every function
// takes the list's id; an instrument stands in a list once. Names and instruments are bounded as the server bounds them.

import { computed } from 'vue'
import { changeDesk, ownDesk, type WatchList } from './own_desk'
import { newKey } from '../api/client'

export type { WatchList } from './own_desk'

export const MOST_LISTS = 20
export const MOST_INSTRUMENTS = 300
export const LONGEST_NAME = 30

/** Never empty: there is always one list to put something into. */
export const watchlists = computed<readonly WatchList[]>(() => ownDesk.value.lists)

export function listOf(list: string): WatchList | undefined {
  return watchlists.value.find(({ list_id: id }) => id === list)
}

export function isIn(list: string, instrumentId: string): boolean {
  return listOf(list)?.instruments.includes(instrumentId) ?? false
}

/** Puts an instrument into a list, at its end or before place `at`; false where it was in it or the list is full. */
export function addTo(list: string, instrumentId: string, at?: number): boolean {
  const known = listOf(list)
  if (known === undefined || isIn(list, instrumentId) || known.instruments.length >= MOST_INSTRUMENTS) return false
  changeList(list, (ids) => (ids.includes(instrumentId) ? ids : ids.toSpliced(at ?? ids.length, 0, instrumentId)))
  return true
}

export function removeFrom(list: string, instrumentId: string): void {
  changeList(list, (ids) => (ids.includes(instrumentId) ? ids.filter((id) => id !== instrumentId) : ids))
}

/** Moves an instrument of a list to place `to` (0 is the first). */
export function move(list: string, instrumentId: string, to: number): void {
  changeList(list, (ids) => (ids.includes(instrumentId) ? ids.filter((id) => id !== instrumentId).toSpliced(to, 0, instrumentId) : ids))
}

/** Makes a list and returns its id; '' where there are too many. */
export function addList(name: string): string {
  if (watchlists.value.length >= MOST_LISTS) return ''
  const id = newKey().slice(0, 12)
  changeDesk((desk) => ({ ...desk, lists: [...desk.lists, { list_id: id, name: name.trim().slice(0, LONGEST_NAME), instruments: [] }] }))
  return id
}

export function renameList(list: string, name: string): void {
  changeLists((lists) => lists.map((each) => (each.list_id === list ? { ...each, name: name.trim().slice(0, LONGEST_NAME) } : each)))
}

/** Takes a list away; the last one stays. */
export function removeList(list: string): void {
  changeLists((lists) => (lists.length > 1 ? lists.filter(({ list_id: id }) => id !== list) : lists))
}

export function moveList(list: string, to: number): void {
  changeLists((lists) => {
    const moved = lists.find(({ list_id: id }) => id === list)
    return moved === undefined ? lists : lists.filter((each) => each !== moved).toSpliced(to, 0, moved)
  })
}

function changeLists(change: (lists: readonly WatchList[]) => readonly WatchList[]): void {
  changeDesk((desk) => {
    const lists = change(desk.lists)
    return lists === desk.lists ? desk : { ...desk, lists }
  })
}

function changeList(list: string, change: (ids: readonly string[]) => readonly string[]): void {
  changeLists((lists) => {
    const at = lists.findIndex(({ list_id: id }) => id === list)
    const known = lists[at]
    if (known === undefined) return lists
    const instruments = change(known.instruments)
    return instruments === known.instruments ? lists : lists.with(at, { ...known, instruments })
  })
}
