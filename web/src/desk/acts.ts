// What a person does at the desk is done once: each confirmed act has one key, and a retry after a lost answer carries
// the same key, so that the desk answers instead of doing it again.

import { Act as PlainAct } from '@tradewind/client'
import { ApiError, rest } from '../api/client'
import { noteAnswer, noteFailure } from './health'

export class Act<T> extends PlainAct<T> {
  constructor(path: string, body?: unknown) {
    super(rest, path, body)
  }

  /** Throws ApiError when the desk refuses or does not answer. */
  override async run(): Promise<T> {
    try {
      const answer = await super.run()
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
  return error instanceof ApiError && error.isOutcomeUnknown
}
