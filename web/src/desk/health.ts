// Whether the desk and its record answer. While they do not, pages keep what they last knew and say so; whether
// quotes come is another question, which the feed's banner answers.

import { computed, reactive } from 'vue'
import { ApiError, get } from '../api/client'
import { now } from '../app/now'
import { messageOf } from '../app/session'

/** `desk`: questions about now; `record`: what needs the database, acts above all. */
type Part = 'desk' | 'record'

interface Trouble {
  readonly why: string
  readonly since: number
  /** The question that had no answer; '' for an act. */
  readonly path: string
}

/** A desk that is shut answers this one all the same: an answer does not say that it is open. */
const ANSWERED_SHUT = '/api/v1/trading-states'

/** A desk that is just opening is no trouble: a banner that comes and goes would only push the page about. */
const GRACE_MS = 2000
const troubles = reactive<Record<Part, Trouble | null>>({ desk: null, record: null })

/** What is the matter, in the server's words, and since when; `null` while all is well, or may be in a moment. */
export const trouble = computed<Trouble | null>(() => {
  const found = troubles.desk ?? troubles.record
  return found !== null && now.value - found.since >= GRACE_MS ? found : null
})
export const isRecordAway = computed(() => troubles.record !== null)
/** What to ask the desk, besides its states, to know whether it is back; '' where that is not needed. */
export const unanswered = computed(() => (troubles.desk === null || troubles.desk.path === ANSWERED_SHUT ? '' : troubles.desk.path))

export function noteAnswer(part: Part, path = ''): void {
  const before = troubles[part]
  if (before !== null && (path !== ANSWERED_SHUT || before.path === path)) troubles[part] = null
}

export function noteFailure(part: Part, error: unknown, path = ''): void {
  // A refusal says what is wrong with the question; anything else says that there is no answer to be had.
  if (error instanceof ApiError && error.status < 500 && !error.isAbsent) return
  const before = troubles[part]
  troubles[part] = { why: messageOf(error), since: before?.since ?? Date.now(), path: path === ANSWERED_SHUT ? (before?.path ?? path) : path }
}

/** A question whose answer, or its absence, also tells how the desk or its record is. */
export async function ask<T>(path: string, part: Part = 'desk'): Promise<T> {
  try {
    const answer = await get<T>(path)
    noteAnswer(part, path)
    return answer
  } catch (error) {
    noteFailure(part, error, path)
    throw error
  }
}
