// What changes something at the desk is done once: each act has one key, and a repeat carries the same key, so that the
// server answers what came of it instead of doing it again.

import { Ladder } from './ladder.js'
import { ApiError, newKey, type Rest } from './rest.js'

export class Act<T> {
  /** Keep it before `run` where the program itself may end: the same key later is the same act. */
  readonly key: string

  constructor(
    private readonly rest: Rest,
    private readonly path: string,
    private readonly body?: unknown,
    key: string = newKey(),
  ) {
    this.key = key
  }

  /** Sends it, or sends it again. Throws ApiError: refused, or `isOutcomeUnknown` where only a repeat can tell. */
  async run(): Promise<T> {
    return this.rest.post<T>(this.path, this.body, this.key)
  }

  /**
   * Repeats along the reconnect ladder, `tries` times at most, for as long as the outcome is unknown.
   * Throws ApiError: refused, or the last failure when the tries are used up.
   */
  async settle(tries = 5, wait: (ms: number) => Promise<unknown> = pause): Promise<T> {
    const ladder = new Ladder()
    for (let left = tries; ; left -= 1) {
      try {
        return await this.run()
      } catch (error) {
        const ms = ladder.nextMs()
        if (left <= 1 || ms === null || !(error instanceof ApiError && error.isOutcomeUnknown)) throw error
        await wait(ms)
      }
    }
  }
}

function pause(ms: number): Promise<unknown> {
  return new Promise((resume) => setTimeout(resume, ms))
}
