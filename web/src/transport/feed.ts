// The page's end of the worker: one per tab. Components read `linkState` and `meters`; stores listen to topics.

import { ref, shallowRef } from 'vue'
import workerUrl from './worker?worker&url'
import {
  MOST_TRIES, reachableUrl,
  type FromWorker, type LinkState, type Meters, type Note, type TopicName, type TopicUpdate, type ToWorker, type Wish,
} from '@tradewind/client'

type Listener = (update: TopicUpdate) => void

export const linkState = shallowRef<LinkState>({
  phase: 'idle',
  tries: 0,
  mostTries: MOST_TRIES,
  retryAt: null,
  code: 0,
  server: '',
})
export const meters = shallowRef<Meters>({
  messages: 0,
  messagesPerSecond: 0,
  quotesPerSecond: 0,
  bytesPerSecond: 0,
  roundTripMs: null,
})

/** Grows when the line is back after a cut, or after tries that failed: much may have happened meanwhile. */
export const returns = ref(0)

const listeners = new Map<TopicName, Set<Listener>>()
const noteListeners = new Set<(note: Note) => void>()
let worker: Worker | null = null

/** Opens the socket; the worker keeps it, and keeps coming back to it, until `disconnect`. */
export function connect(pushUrl: string, mostTries: number = MOST_TRIES): void {
  tell({ kind: 'open', url: reachableUrl(pushUrl, globalThis.location.origin), mostTries })
}

export function disconnect(): void {
  tell({ kind: 'close' })
}

export function retryNow(): void {
  tell({ kind: 'retry' })
}

export function wish(wanted: Wish): void {
  tell({ kind: 'wish', wish: wanted })
}

export function drop(topic: TopicName): void {
  tell({ kind: 'drop', topic })
}

/** Calls `listener` with every update of the topic; returns the function that ends it. */
export function listen(topic: TopicName, listener: Listener): () => void {
  const set = listeners.get(topic) ?? new Set()
  listeners.set(topic, set)
  set.add(listener)
  return () => set.delete(listener)
}

export function onNote(listener: (note: Note) => void): () => void {
  noteListeners.add(listener)
  return () => noteListeners.delete(listener)
}

function tell(message: ToWorker): void {
  worker ??= startWorker()
  worker.postMessage(message)
}

function startWorker(): Worker {
  const started = new Worker(trustedUrl(workerUrl) as string, { type: 'module', name: 'tradewind-feed' })
  started.addEventListener('message', (event: MessageEvent<FromWorker>) => hear(event.data))
  globalThis.addEventListener('online', retryNow)
  document.addEventListener('visibilitychange', () => {
    tell({ kind: 'visible', isVisible: document.visibilityState === 'visible' })
  })
  return started
}

function hear(message: FromWorker): void {
  switch (message.kind) {
    case 'state':
      linkState.value = message.state
      noteReturn(message.state.phase)
      return
    case 'meters':
      meters.value = message.meters
      return
    case 'note':
      for (const listener of noteListeners) listener(message.note)
      return
    case 'updates':
      for (const update of message.updates) {
        for (const listener of listeners.get(update.topic) ?? []) listener(update)
      }
  }
}

let hasMissed = false

/** Who has only just come has asked for everything anyway. */
function noteReturn(phase: LinkState['phase']): void {
  if (phase === 'live' && hasMissed) returns.value += 1
  if (phase !== 'connecting') hasMissed = phase !== 'live'
}

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): {
    createScriptURL: (url: string) => unknown
  }
}

/** The server's policy demands Trusted Types; the one script address this page makes is its own worker. */
function trustedUrl(url: string): unknown {
  const trustedTypes = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes
  if (trustedTypes === undefined) return url
  const policy = trustedTypes.createPolicy('tradewind', {
    createScriptURL: (candidate) => {
      if (candidate !== workerUrl) throw new TypeError(`not a script of this page: ${candidate}`)
      return candidate
    },
  })
  return policy.createScriptURL(url)
}
