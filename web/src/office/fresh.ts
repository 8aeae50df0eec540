// An answer that is asked for again when what it is about has changed: at once, in a storm of changes once a second.

import { onBeforeUnmount, onMounted, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import { messageOf } from '../app/session'

const PAUSE_MS = 1000

export interface Fresh<T> {
  readonly answer: ShallowRef<T | null>
  /** Why the newest question was not answered; the older answer stays. */
  readonly problem: Ref<string>
  readonly load: () => Promise<void>
}

export function useFresh<T>(question: () => Promise<T>, changed: () => unknown = () => null): Fresh<T> {
  const answer = shallowRef<T | null>(null)
  const problem = ref('')
  let timer = 0
  let isStale = false
  let asked = 0

  /** Of two questions under way the later one counts, whichever is answered last. */
  async function load(): Promise<void> {
    asked += 1
    const mine = asked
    try {
      const told = await question()
      if (mine !== asked) return
      answer.value = told
      problem.value = ''
    } catch (error) {
      if (mine === asked) problem.value = messageOf(error)
    }
  }

  function again(): void {
    isStale = timer !== 0
    if (isStale) return
    timer = window.setTimeout(() => {
      timer = 0
      if (isStale) again()
    }, PAUSE_MS)
    void load()
  }

  watch(changed, again)
  onMounted(() => void load())
  onBeforeUnmount(() => window.clearTimeout(timer))
  return { answer, problem, load }
}
