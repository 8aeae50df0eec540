// What a person has arranged for themselves (watch-lists, layouts, what was used last). The server keeps it, so that it
// is there at every machine; this browser keeps a copy, so that it is there at once and while the server is away.
//
// A change is a function from one desk to the next. It counts here at once and is sent after a short pause; when another
// machine was faster (409), the newest desk is read and the changes made here are done again upon it.

import { computed, shallowRef, watch } from 'vue'
import { ApiError, get, put } from '../api/client'
import { session } from '../app/session'
import { returns } from '../transport/feed'
import { record } from './journal'

export interface WatchList {
  readonly list_id: string
  /** Empty: the list has the name the page gives it (自选). */
  readonly name: string
  readonly instruments: readonly string[]
}

/** How a page is arranged; what the words in `panels`, `sizes` and `choices` mean is the page's own affair. */
export interface Layout {
  readonly name: string
  readonly panels: readonly string[]
  readonly sizes: Readonly<Record<string, number>>
  readonly choices: Readonly<Record<string, string>>
}

export interface OwnDesk {
  readonly lists: readonly WatchList[]
  readonly layouts: readonly Layout[]
  /** The layout on the screen, saved under a name or not. */
  readonly layout: Layout | null
  /** What the command palette offers first: ids of commands, newest first. */
  readonly recents: readonly string[]
  /** What else was chosen, in words of the page that asks: `account.benchmark`. */
  readonly choices: Readonly<Record<string, string>>
}

interface Kept {
  readonly version: number
  readonly desk: OwnDesk
}

type Change = (desk: OwnDesk) => OwnDesk

const PATH = '/api/v1/me/desk'
const PAUSE_MS = 800
const AGAIN_MS = 15_000
const NOTHING: OwnDesk = { lists: [{ list_id: 'own', name: '', instruments: [] }], layouts: [], layout: null, recents: [], choices: {} }

const kept = shallowRef<Kept>({ version: 0, desk: NOTHING })
export const ownDesk = computed(() => kept.value.desk)
/** How often the server's desk was read: what is kept elsewhere is known from the first time on. */
export const deskReads = shallowRef(0)
/** `saved`: the server has it; `waiting`: it is being sent or tried again; `local`: the server keeps none for us. */
export const deskState = shallowRef<'saved' | 'waiting' | 'local'>('saved')

/** Changes the server does not have yet, oldest first. */
let unsent: Change[] = []
/** What an earlier visit could not send any more: it counts where nobody has changed the server's desk since. */
let leftover: OwnDesk | null = null
let owner = ''
let timer = 0
let isSending = false

/** Changes the desk, here at once and at the server soon. A change that returns the same desk is none. */
export function changeDesk(change: Change): void {
  const desk = change(kept.value.desk)
  if (desk === kept.value.desk) return
  kept.value = { ...kept.value, desk }
  unsent = [...unsent, change]
  remember()
  sendAfter(PAUSE_MS)
}

function keyOf(identity: string): string {
  return `tradewind.desk.${identity}`
}

function remember(): void {
  try {
    localStorage.setItem(keyOf(owner), JSON.stringify({ ...kept.value, isUnsent: unsent.length > 0 }))
  } catch {
    // A browser that refuses storage, or has none left: the server keeps it all the same.
  }
}

/** What this browser remembers of somebody's desk; a desk of another shape counts as none. */
function remembered(identity: string): (Kept & { readonly isUnsent: boolean }) | null {
  try {
    const told = JSON.parse(localStorage.getItem(keyOf(identity)) ?? 'null') as (Kept & { isUnsent: boolean }) | null
    return told !== null && Array.isArray(told.desk?.lists) && Array.isArray(told.desk.layouts) ? told : null
  } catch {
    return null
  }
}

async function open(identity: string): Promise<void> {
  owner = identity
  unsent = []
  const own = remembered(identity)
  leftover = own?.isUnsent === true ? own.desk : null
  kept.value = { version: own?.version ?? 0, desk: { ...NOTHING, ...own?.desk } }
  await refresh()
}

/** Takes the server's desk, with what was changed here done again upon it. */
async function refresh(): Promise<void> {
  const asked = owner
  try {
    const told = await get<Kept>(PATH)
    if (asked === owner) accept(told)
  } catch (error) {
    onFailure(error)
  }
}

function accept(told: Kept): void {
  const { version, desk } = kept.value
  const isLost = told.version === 0 && version > 0
  if (isLost) leftover ??= desk
  const left = leftover
  if (left !== null && (isLost || told.version === version)) unsent = [() => left, ...unsent]
  leftover = null
  const base = told.version === 0 ? NOTHING : { ...NOTHING, ...told.desk }
  kept.value = { version: told.version, desk: unsent.reduce((known, change) => change(known), base) }
  remember()
  deskReads.value += 1
  if (unsent.length > 0) sendAfter(0)
  else deskState.value = 'saved'
}

function sendAfter(ms: number): void {
  if (deskState.value === 'local') return
  deskState.value = 'waiting'
  window.clearTimeout(timer)
  timer = window.setTimeout(() => void send(), ms)
}

async function send(): Promise<void> {
  if (isSending || unsent.length === 0) return
  isSending = true
  const { version, desk } = kept.value
  const sent = unsent.length
  const asked = owner
  try {
    const told = await put<{ version: number }>(PATH, { version, desk })
    if (asked !== owner) return
    unsent = unsent.slice(sent)
    kept.value = { ...kept.value, version: told.version }
    remember()
    deskState.value = 'saved'
    if (unsent.length > 0) sendAfter(PAUSE_MS)
  } catch (error) {
    if (error instanceof ApiError && error.status === 409) void refresh()
    else onFailure(error)
  } finally {
    isSending = false
  }
}

function onFailure(error: unknown): void {
  if (!(error instanceof ApiError) || error.isSignedOut) return
  if (error.isAbsent || error.status >= 500) {
    deskState.value = 'waiting'
    window.clearTimeout(timer)
    timer = window.setTimeout(() => void refresh(), AGAIN_MS)
    return
  }
  // Refused for good (no such route, no right to it, too large): what is here is kept in this browser alone.
  deskState.value = 'local'
  record({ code: 'desk_not_kept', level: 'warn', params: { message: error.message } })
}

watch(
  () => session.value?.identity ?? '',
  (identity) => {
    if (identity !== '' && identity !== owner) void open(identity)
  },
  { immediate: true },
)
// Another machine may have changed it while this one was cut off or asleep.
watch(returns, () => owner !== '' && void refresh())
window.addEventListener('storage', ({ key }) => {
  if (owner !== '' && key === keyOf(owner) && unsent.length === 0) {
    const told = remembered(owner)
    if (told !== null && !told.isUnsent && told.version > kept.value.version) kept.value = { version: told.version, desk: told.desk }
  }
})
