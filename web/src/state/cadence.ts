// Painting at most so many times a second, on the browser's own frames, and not at all when nothing changed.

export class Cadence {
  private isAsked = false
  private lastMs = 0
  private frame = 0

  constructor(
    private readonly hz: number,
    private readonly paint: (ms: number) => void,
  ) {}

  /** Something changed: paint at the next frame that is due. */
  request(): void {
    if (this.isAsked) return
    this.isAsked = true
    this.frame = requestAnimationFrame((ms) => this.onFrame(ms))
  }

  stop(): void {
    cancelAnimationFrame(this.frame)
    this.isAsked = false
  }

  private onFrame(ms: number): void {
    if (ms - this.lastMs < 1000 / this.hz - 1) {
      this.frame = requestAnimationFrame((next) => this.onFrame(next))
      return
    }
    this.isAsked = false
    this.lastMs = ms
    this.paint(ms)
  }
}
