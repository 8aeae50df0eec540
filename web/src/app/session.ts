// Who is signed in, and what follows from it: load the market, open the feed, or ask for the token.

import { ref, shallowRef, watch } from 'vue'
import { ApiError, get, post, rememberCsrf, remove } from '../api/client'
import type { Session } from '../api/types'
import { record } from '../state/journal'
import { t } from '../i18n'
import { follow, instruments, load, quotes } from '../state/market'
import { connect, disconnect, linkState, onNote } from '../transport/feed'
import { Ladder } from '@tradewind/client'
import { learn, may } from './rights'

export type SessionState = 'unknown' | 'signed-in' | 'signed-out' | 'absent'

export const session = shallowRef<Session | null>(null)
export const sessionState = ref<SessionState>('unknown')
/** True when a session that stood has ended: the sign-in page says so. */
export const hasExpired = ref(false)

const ladder = new Ladder()
let absentTimer = 0
const LOAD_AGAIN_MS = 5000
let loadTimer = 0

/** Asks the server who we are and acts on the answer; a server that is not there is asked again along the ladder. */
export async function start(): Promise<void> {
  window.clearTimeout(absentTimer)
  try {
    await accept(await get<Session>('/api/v1/session'))
  } catch (error) {
    onFailure(error)
  }
}

/** Exchanges the access token, or name and password, for the session cookie. Throws ApiError when the server refuses. */
export async function signIn(proof: unknown): Promise<void> {
  rememberCsrf((await post<Session>('/api/v1/session', proof)).csrf)
  hasExpired.value = false
}

/** Goes in with the session that was opened. */
export async function enter(): Promise<void> {
  await accept(await get<Session>('/api/v1/session'))
}

export async function signOut(): Promise<void> {
  // Pages that ask again every so often are gone before their right to ask is.
  sessionState.value = 'unknown'
  try {
    await remove('/api/v1/session')
  } finally {
    hasExpired.value = false
    leave()
  }
}

async function accept(answer: Session): Promise<void> {
  session.value = answer
  learn(answer.permissions)
  rememberCsrf(answer.csrf)
  sessionState.value = 'signed-in'
  ladder.reset()
  follow()
  connect(answer.push_url, answer.reconnect_tries)
  await reload()
}

/** Reads the whole state again; a failure is shown where the data would be, and tried again. */
export async function reload(): Promise<void> {
  window.clearTimeout(loadTimer)
  if (!may('market')) return
  try {
    await load()
    record({ code: 'loaded', level: 'info', params: { instruments: instruments.value.size, quotes: quotes.size } })
  } catch (error) {
    record({ code: 'load_failed', level: 'error', params: { message: messageOf(error) } })
    if (error instanceof ApiError && error.isSignedOut) onFailure(error)
    else loadTimer = window.setTimeout(reload, LOAD_AGAIN_MS)
  }
}

function onFailure(error: unknown): void {
  if (error instanceof ApiError && error.isSignedOut) {
    hasExpired.value ||= sessionState.value === 'signed-in'
    leave()
    return
  }
  if (sessionState.value === 'signed-in') return
  sessionState.value = 'absent'
  absentTimer = window.setTimeout(() => void start(), ladder.nextMs() ?? 60_000)
}

function leave(): void {
  disconnect()
  session.value = null
  rememberCsrf('')
  sessionState.value = 'signed-out'
}

export function messageOf(error: unknown): string {
  if (error instanceof ApiError && error.code === 'not_allowed') return t('state.notAllowed')
  if (error instanceof ApiError && error.message.startsWith('Redis is away')) return t('state.busAway')
  return error instanceof Error ? error.message : String(error)
}

let wasLost = false

watch(linkState, (state) => {
  if (sessionState.value !== 'signed-in') return
  if (state.phase === 'signed-out') {
    onFailure(new ApiError(401, 'signed_out', ''))
  } else if (state.phase === 'waiting') {
    wasLost = true
    // A refused handshake looks like a cut line to a browser: only REST can tell them apart.
    void check()
  } else if (state.phase === 'stopped') {
    void check()
  } else if (state.phase === 'live' && wasLost) {
    wasLost = false
    void check()
    void reload()
  }
})

async function check(): Promise<void> {
  try {
    const answer = await get<Session>('/api/v1/session')
    const isSame = JSON.stringify(answer.permissions) === JSON.stringify(session.value?.permissions)
    session.value = answer
    // What is on the screen was seen under other rights: begin with nothing.
    if (!isSame) globalThis.location.reload()
    rememberCsrf(answer.csrf)
  } catch (error) {
    if (error instanceof ApiError && error.isSignedOut) onFailure(error)
  }
}

onNote((note) => {
  const isAboutRights = note.code === 'rights' || (note.code === 'refused' && note.params['code'] === 'not_allowed')
  if (isAboutRights && sessionState.value === 'signed-in') void check()
})
