// An answer of the server that follows its address: asked again when that changes, and every so often.

import { onBeforeUnmount, onMounted, shallowRef, watch, type ShallowRef } from 'vue'
import { messageOf } from '../app/session'
import { ask } from '../desk/health'

export interface Asked<T> {
  readonly answer: ShallowRef<T | null>
  /** Why there is none, in the server's words; '' while all is well. */
  readonly problem: ShallowRef<string>
  readonly load: () => Promise<void>
}

/** `address` is '' while there is nothing to ask; `everyMs` 0 asks once. What was known stays while it is asked again. */
export function useAsked<T>(address: () => string, everyMs = 0): Asked<T> {
  const answer = shallowRef<T | null>(null)
  const problem = shallowRef('')
  let last = 0
  let timer = 0
  let isGone = false

  async function load(): Promise<void> {
    window.clearTimeout(timer)
    last += 1
    const [mine, path] = [last, address()]
    if (path !== '') {
      try {
        const found = await ask<T>(path, 'record')
        if (mine !== last) return
        answer.value = found
        problem.value = ''
      } catch (error) {
        if (mine !== last) return
        problem.value = messageOf(error)
      }
    }
    if (!isGone && everyMs > 0) timer = window.setTimeout(() => void load(), everyMs)
  }

  watch(address, (path) => {
    if (path === '') answer.value = null
    void load()
  })
  onMounted(() => void load())
  onBeforeUnmount(() => {
    isGone = true
    last += 1
    window.clearTimeout(timer)
  })
  return { answer, problem, load }
}
