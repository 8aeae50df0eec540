// The page's own log: what happened to the connection and to this page, newest first, bounded.

import { shallowRef } from 'vue'
import type { Note } from '@tradewind/client'

export interface Entry extends Note {
  readonly id: number
  readonly ms: number
}

const MOST_ENTRIES = 200

export const journal = shallowRef<readonly Entry[]>([])
let lastId = 0

export function record(note: Note, ms: number = Date.now()): void {
  lastId += 1
  journal.value = [{ ...note, id: lastId, ms }, ...journal.value].slice(0, MOST_ENTRIES)
}

export function clearJournal(): void {
  journal.value = []
}
