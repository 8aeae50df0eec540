// Asks again and again while a page is open and seen, never twice at once; keeps the last answer when one fails.

import { onBeforeUnmount, onMounted, ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { ApiError, get } from '../api/client'
import { messageOf } from '../app/session'

export interface Polled<T> {
  readonly value: ShallowRef<T | null>
  readonly problem: Ref<string>
  /** 403: asking again would not help. */
  readonly isRefused: Ref<boolean>
  readonly again: () => Promise<void>
}

const HIDDEN_MS = 1000
const NOT_ALLOWED = 403

export function usePolled<T>(address: () => string, everyMs: number, take: (answer: T, before: T | null) => T = (answer) => answer): Polled<T> {
  const value = shallowRef<T | null>(null)
  const problem = ref('')
  const isRefused = ref(false)
  let timer = 0
  let turn = 0
  let isGone = false

  async function again(): Promise<void> {
    window.clearTimeout(timer)
    turn += 1
    const mine = turn
    try {
      const answer = await get<T>(address())
      if (mine !== turn || isGone) return
      value.value = take(answer, value.value)
      problem.value = ''
    } catch (error) {
      if (mine !== turn || isGone) return
      problem.value = messageOf(error)
      isRefused.value = error instanceof ApiError && error.status === NOT_ALLOWED
    }
    if (!isGone && !isRefused.value) timer = window.setTimeout(next, everyMs)
  }

  function next(): void {
    if (document.hidden) timer = window.setTimeout(next, HIDDEN_MS)
    else void again()
  }

  onMounted(() => void again())
  onBeforeUnmount(() => {
    isGone = true
    window.clearTimeout(timer)
  })
  return { value, problem, isRefused, again }
}
