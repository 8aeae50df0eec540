// What is dear to make waits until the page around it can be seen: a click shows where it led at once.

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
