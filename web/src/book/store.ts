// The instructions of the book that the pages show: asked for once, kept fresh by the feed.

import '../i18n/book'
import { onBeforeUnmount, onMounted, ref, watch } from 'vue'
import { Keyed } from '../desk/keyed'
import { useDesk } from '../desk/store'
import { epoch, type Loading } from '../state/market'
import { listen, returns } from '../transport/feed'
import { askBook } from './calls'
import { isOfBook } from './ids'
import { instructionOf } from './told'
import type { BookInstruction, ToldInstruction } from './types'

const MOST = 2000
const RETRY_MS = 3000

export const book = new Keyed<BookInstruction>({ idOf: (each) => each.instruction_id, most: MOST, timeOf: (each) => each.updated_at })
export const bookLoading = ref<Loading>('idle')
export const older = ref('')

let lookers = 0
let timer = 0
let isHeard = false

export async function loadBook(): Promise<void> {
  if (bookLoading.value !== 'ready') bookLoading.value = 'loading'
  try {
    const page = await askBook()
    book.add(page.entries)
    older.value = page.next
    bookLoading.value = 'ready'
  } catch {
    if (bookLoading.value !== 'ready') bookLoading.value = 'failed'
    window.clearTimeout(timer)
    timer = window.setTimeout(() => lookers > 0 && void loadBook(), RETRY_MS)
  }
}

export async function loadOlder(): Promise<void> {
  const page = await askBook(older.value)
  book.add(page.entries)
  older.value = page.next
}

function follow(): void {
  if (isHeard) return
  isHeard = true
  listen('instructions', (update) => {
    const told = (update.rows as unknown as ToldInstruction[]).filter((each) => isOfBook(each.instruction_id))
    if (told.length > 0) book.add(told.map(instructionOf))
  })
  watch(epoch, (now, before) => {
    if (before !== '' && now !== before) book.clear()
  })
  watch(returns, () => lookers > 0 && void loadBook())
}

/** For a page that shows instructions; the desk comes along: what is held, what is worth what. */
export function useBook(): void {
  useDesk()
  onMounted(() => {
    follow()
    lookers += 1
    void loadBook()
  })
  onBeforeUnmount(() => {
    lookers -= 1
  })
}
