// The last moments of one instrument, quote by quote, for the tick line. A ring: the oldest point gives way.

export interface TrailPoint {
  readonly ms: number
  readonly price: number
  readonly volume: number
}

const MOST_POINTS = 1200
/** Time that goes back by more than this is another run of the market: a replay begun again, a server restarted. */
const BACK_MS = 60_000

export class Trail {
  private points: TrailPoint[] = []
  private lastVolume = Number.NaN

  add(ms: number, price: number, totalVolume: number): boolean {
    const last = this.points.at(-1)
    if (last !== undefined && ms < last.ms - BACK_MS) {
      this.clear()
      return this.add(ms, price, totalVolume)
    }
    if (last !== undefined && ms <= last.ms) return false
    const traded = Number.isNaN(this.lastVolume) ? 0 : Math.max(0, totalVolume - this.lastVolume)
    this.lastVolume = totalVolume
    this.points.push({ ms, price, volume: traded })
    // Cut in blocks: a shift at each point would move the whole ring every time.
    if (this.points.length > MOST_POINTS * 1.25) this.points = this.points.slice(-MOST_POINTS)
    return true
  }

  get all(): readonly TrailPoint[] {
    return this.points
  }

  clear(): void {
    this.points = []
    this.lastVolume = Number.NaN
  }
}
