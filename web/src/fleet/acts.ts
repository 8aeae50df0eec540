// What is done to the entries of a list: one at a time, each beginning once however often it is pressed, and the list
// asked for again after it, and now and then.

import { onBeforeUnmount, onMounted, ref, type Ref } from 'vue'
import { newKey } from '../api/client'
import { messageOf } from '../app/session'
import { toast } from '../app/toasts'

const EVERY_MS = 10_000

interface Acts {
  /** The entry at which somebody has asked to take it away, and must say so again. */
  readonly sureOf: Ref<string>
  readonly busy: Ref<string>
  readonly act: (id: string, work: () => Promise<unknown>, said: string) => Promise<void>
  /** `work` is given the key under which it happens once; the same one until it was answered. */
  readonly begin: (id: string, work: (key: string) => Promise<unknown>, said: string) => Promise<void>
}

export function useActs(load: () => Promise<unknown>): Acts {
  const sureOf = ref('')
  const busy = ref('')
  const keys = new Map<string, string>()
  let timer = 0

  async function act(id: string, work: () => Promise<unknown>, said: string): Promise<void> {
    if (busy.value !== '') return
    busy.value = id
    try {
      await work()
      toast(said)
    } catch (error) {
      toast(messageOf(error), 'error')
    }
    busy.value = ''
    sureOf.value = ''
    await load()
  }

  async function begin(id: string, work: (key: string) => Promise<unknown>, said: string): Promise<void> {
    const key = keys.get(id) ?? newKey()
    keys.set(id, key)
    await act(id, async () => {
      await work(key)
      keys.delete(id)
    }, said)
  }

  onMounted(() => {
    timer = window.setInterval(() => void load(), EVERY_MS)
  })
  onBeforeUnmount(() => window.clearInterval(timer))
  return { sureOf, busy, act, begin }
}
