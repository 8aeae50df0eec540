// Painting at most so many times a second, on the browser's own frames, and not at all when nothing changed.
// Everything that paints shares its frames with the others: what a frame costs before anything is drawn in it (layout,
// layers, handing it on) is paid twenty times a second at most, however many panels there are. Where the machine cannot
// keep up with that, the beat slows down before the screen does: scrolling and typing come first.

import { Beat } from './beat'

/** A frame comes when it comes: what is due this soon is painted along with the others. */
const EARLY_MS = 25
/** Who paints so often goes into every frame with work in it; of the others so many, so that no frame grows long. */
const EACH_BEAT_HZ = 20
const MOST_SLOW = 2
const FRAME_MS = 1000 / 60

const beat = new Beat(FRAME_MS)
const waiting = new Set<Cadence>()
let frame = 0
let timer: ReturnType<typeof setTimeout> | undefined
let isPainting = false

export class Cadence {
  readonly isSlow: boolean
  lastMs = -Infinity
  private readonly everyMs: number

  constructor(
    hz: number,
    private readonly paint: (ms: number) => void,
  ) {
    this.isSlow = hz < EACH_BEAT_HZ
    this.everyMs = 1000 / hz
  }

  /** Something changed: paint at the next frame that is due. */
  request(): void {
    if (waiting.has(this)) return
    waiting.add(this)
    if (!isPainting) plan(performance.now())
  }

  stop(): void {
    waiting.delete(this)
  }

  /** How long it has to wait yet, in ms; nothing or less when it is due. */
  dueIn(ms: number): number {
    return Math.max(this.lastMs + this.everyMs - EARLY_MS, beat.nextMs) - ms
  }

  run(ms: number): void {
    waiting.delete(this)
    this.lastMs = ms
    this.paint(ms)
  }
}

function onFrame(ms: number): void {
  frame = 0
  beat.frame(ms)
  // Who asks again while painting is for the next beat.
  const due = dueAt(ms)
  isPainting = true
  for (const cadence of due) {
    try {
      cadence.run(ms)
    } catch (error) {
      // What one panel cannot paint must not leave the others unpainted.
      globalThis.reportError(error)
    }
  }
  isPainting = false
  if (due.length === 0) {
    plan(ms)
    return
  }
  beat.strike(ms)
  // The frame after it tells how long it took the browser to show what was painted.
  ask()
}

/** Who paints in the frame at `ms`: of the slow ones those that have waited longest. */
function dueAt(ms: number): Cadence[] {
  const due = [...waiting].filter((cadence) => cadence.dueIn(ms) <= 0)
  const slow = due.filter(({ isSlow }) => isSlow).toSorted((a, b) => a.lastMs - b.lastMs)
  return [...due.filter(({ isSlow }) => !isSlow), ...slow.slice(0, MOST_SLOW)]
}

/** Asks for the frame in which the next one is due; frames that would only find that it is too early are not asked for. */
function plan(ms: number): void {
  if (frame !== 0 || waiting.size === 0) return
  clearTimeout(timer)
  const wait = Math.min(...[...waiting].map((cadence) => cadence.dueIn(ms))) - FRAME_MS
  if (wait > 0) timer = setTimeout(ask, wait)
  else ask()
}

function ask(): void {
  if (frame === 0) frame = requestAnimationFrame(onFrame)
}
