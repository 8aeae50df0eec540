// What a person does at the desk is done once: each confirmed act has one key, and a retry after a lost answer carries
// the same key, so that the desk answers instead of doing it again.

import { ApiError, newKey, post } from '../api/client'
import { noteAnswer, noteFailure } from './health'

export class Act<T> {
  readonly key = newKey()

  constructor(
    private readonly path: string,
    private readonly body?: unknown,
  ) {}

  /** Throws ApiError when the desk refuses or does not answer. */
  async run(): Promise<T> {
    try {
      const answer = await post<T>(this.path, this.body, this.key)
      noteAnswer('record')
      return answer
    } catch (error) {
      noteFailure('record', error)
      throw error
    }
  }
}

/** True when nobody can say whether it was done: look, or repeat with the same key. */
export function isOutcomeUnknown(error: unknown): boolean {
  return error instanceof ApiError && (error.isAbsent || error.status === 503 || error.status >= 500)
}
