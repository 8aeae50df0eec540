// When to try again after the socket is lost: the ladder of C-001-2, with jitter so that pages do not return in step.

export const LADDER_S = [1, 2, 4, 8, 16, 30, 60, 120, 300, 600] as const
export const FEWEST_TRIES = 5
export const MOST_TRIES = 10
const JITTER = 0.2

export class Ladder {
  private tries = 0
  private readonly limit: number

  /** `limit` is how many automatic tries are made before a person has to ask; held within 5–10. */
  constructor(
    limit: number = MOST_TRIES,
    private readonly chance: () => number = Math.random,
  ) {
    this.limit = Math.min(MOST_TRIES, Math.max(FEWEST_TRIES, Math.round(limit)))
  }

  /** How many tries have been used since the last success. */
  get used(): number {
    return this.tries
  }

  get most(): number {
    return this.limit
  }

  /** The wait before the next try in ms, or `null` when the tries are used up. */
  nextMs(): number | null {
    if (this.tries >= this.limit) return null
    const step = LADDER_S[Math.min(this.tries, LADDER_S.length - 1)]!
    this.tries += 1
    return step * 1000 * (1 - JITTER + 2 * JITTER * this.chance())
  }

  reset(): void {
    this.tries = 0
  }
}
