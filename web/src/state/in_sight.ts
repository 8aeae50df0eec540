// How many rows of a long list are worth making: those in sight and as many again, more as somebody scrolls towards them.
// A row out of sight costs as much to make, to lay out and to paint as one that is seen.

import { ref, type Ref } from 'vue'
import { whenIdle } from './after_paint'

/** Rows are made by the dozen, so that a turn of the wheel does not renew the list each time. */
const DOZEN = 12

export interface InSight {
  /** The template's `:ref` for the element that scrolls. */
  readonly hold: (element: unknown) => void
  /** How many rows to make, from the first on. */
  readonly count: Ref<number>
}

/** Rows that are wanted where `top` px are scrolled away, `height` are seen and a row takes `rowPx`. */
export function rowsFor(top: number, height: number, rowPx: number): number {
  return Math.ceil((top + 2 * height) / rowPx / DOZEN) * DOZEN
}

/** `rowPx` is the height of a row, rather too small than too large. */
export function useInSight(rowPx: number): InSight {
  // A screen full of rows stands at once; those to scroll to follow when it has been painted.
  const count = ref(rowsFor(0, globalThis.innerHeight / 2, rowPx))
  const observer = typeof ResizeObserver === 'undefined' ? null : new ResizeObserver(() => whenIdle(measure))
  let scroller: HTMLElement | null = null

  function measure(): void {
    if (scroller !== null) count.value = Math.max(DOZEN, rowsFor(scroller.scrollTop, scroller.clientHeight, rowPx))
  }

  function hold(element: unknown): void {
    if (element === scroller) return
    observer?.disconnect()
    scroller?.removeEventListener('scroll', measure)
    scroller = element as HTMLElement | null
    if (scroller === null) return
    scroller.addEventListener('scroll', measure, { passive: true })
    observer?.observe(scroller)
  }

  return { hold, count }
}
