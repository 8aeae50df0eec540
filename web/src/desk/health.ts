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
}

/** A desk that is just opening is no trouble: a banner that comes and goes would only push the page about. */
const GRACE_MS = 2000
const troubles = reactive<Record<Part, Trouble | null>>({ desk: null, record: null })

/** What is the matter, in the server's words, and since when; `null` while all is well, or may be in a moment. */
export const trouble = computed<Trouble | null>(() => {
  const found = troubles.desk ?? troubles.record
  return found !== null && now.value - found.since >= GRACE_MS ? found : null
})
export const isRecordAway = computed(() => troubles.record !== null)

export function noteAnswer(part: Part): void {
  if (troubles[part] !== null) troubles[part] = null
}

export function noteFailure(part: Part, error: unknown): void {
  // A refusal says what is wrong with the question; anything else says that there is no answer to be had.
  if (error instanceof ApiError && error.status < 500 && !error.isAbsent) return
  troubles[part] = { why: messageOf(error), since: troubles[part]?.since ?? Date.now() }
}

/** A question whose answer, or its absence, also tells how the desk or its record is. */
export async function ask<T>(path: string, part: Part = 'desk'): Promise<T> {
  try {
    const answer = await get<T>(path)
    noteAnswer(part)
    return answer
  } catch (error) {
    noteFailure(part, error)
    throw error
  }
}
