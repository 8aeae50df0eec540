// The lots of one position as the server knows them, asked for again while they are on the screen.

import { onBeforeUnmount, onMounted, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import { messageOf } from '../app/session'
import { ask } from './health'
import type { Lot, Position } from './types'

const EVERY_MS = 1000

export function useLots(position: () => Position): { readonly lots: ShallowRef<readonly Lot[] | null>; readonly problem: Ref<string> } {
  const lots = shallowRef<readonly Lot[] | null>(null)
  const problem = ref('')
  let timer = 0
  let isGone = false

  async function load(): Promise<void> {
    window.clearTimeout(timer)
    const { account_id, instrument_id, direction, book } = position()
    try {
      lots.value = await ask<Lot[]>(`/api/v1/lots?${new URLSearchParams({ account: account_id, instrument: instrument_id, direction, book })}`)
      problem.value = ''
    } catch (error) {
      problem.value = messageOf(error)
    }
    if (!isGone) timer = window.setTimeout(() => void load(), EVERY_MS)
  }

  watch(() => position().version, () => void load())
  onMounted(() => void load())
  onBeforeUnmount(() => {
    isGone = true
    window.clearTimeout(timer)
  })
  return { lots, problem }
}
