// What is dear to make waits until the page around it can be seen: a click shows where it led at once.

import { onBeforeUnmount, onMounted, ref, type Ref } from 'vue'

/** Begins behind the next frame; returns what calls it off. */
export function afterPaint(begin: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const frame = requestAnimationFrame(() => {
    timer = setTimeout(begin)
  })
  return () => {
    cancelAnimationFrame(frame)
    clearTimeout(timer)
  }
}

/** Says whether the component's first frame has been shown: for the parts of it that may follow a moment later. */
export function useSeen(): Readonly<Ref<boolean>> {
  const isSeen = ref(false)
  let callOff: (() => void) | undefined
  onMounted(() => {
    callOff = afterPaint(() => {
      isSeen.value = true
    })
  })
  onBeforeUnmount(() => callOff?.())
  return isSeen
}

/** How long work that can wait is put off at most, while the page has better things to do, ms. */
const PATIENCE_MS = 500

/** Begins when the page has nothing better to do. */
export function whenIdle(begin: () => void): void {
  // Safari has no such callback.
  if (typeof requestIdleCallback === 'undefined') setTimeout(begin, PATIENCE_MS / 2)
  else requestIdleCallback(begin, { timeout: PATIENCE_MS })
}
