// An answer that is asked for again when what it is about has changed; a storm of changes asks once a second.

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

  async function load(): Promise<void> {
    try {
      answer.value = await question()
      problem.value = ''
    } catch (error) {
      problem.value = messageOf(error)
    }
  }

  watch(changed, () => {
    if (timer !== 0) return
    timer = window.setTimeout(() => {
      timer = 0
      void load()
    }, PAUSE_MS)
  })
  onMounted(() => void load())
  onBeforeUnmount(() => window.clearTimeout(timer))
  return { answer, problem, load }
}
