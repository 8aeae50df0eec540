// How often the page paints: as often as quotes come where the machine can, less often where painting makes the screen
// miss its own frames. Pure: the moments are handed in.

/**
 * Between two frames with work in them, ms: less than between two messages of quotes (50), so that what a message brings is
 * painted in the frame after it. At the messages' own pace it would wait for a frame of its own, up to as long again.
 */
const FASTEST_MS = 34
const SLOWEST_MS = 200
/** Of the time at most one part in so many goes to frames that the screen has waited for. */
const SHARE = 6
/** What one frame may count for: a laptop that slept between two frames was not slow. */
const MOST_LATE_MS = 60
/** How much the newest beat changes what is thought of the machine. */
const WEIGHT = 0.1

export class Beat {
  private struckMs = -Infinity
  private lateMs = 0
  private isOpen = false

  /** `frameMs` is how far apart the screen's frames are. */
  constructor(private readonly frameMs: number) {}

  /** When there may be work again. */
  get nextMs(): number {
    return this.struckMs + this.everyMs - 1
  }

  get everyMs(): number {
    return Math.min(SLOWEST_MS, Math.max(FASTEST_MS, this.lateMs * SHARE))
  }

  /** A frame with work in it has begun at `ms`. */
  strike(ms: number): void {
    this.struckMs = ms
    this.isOpen = true
  }

  /** A frame has begun at `ms`: the first one after a strike tells how late the screen is for it. */
  frame(ms: number): void {
    if (!this.isOpen) return
    this.isOpen = false
    const late = Math.min(MOST_LATE_MS, Math.max(0, ms - this.struckMs - this.frameMs - 1))
    this.lateMs += (late - this.lateMs) * WEIGHT
  }
}
