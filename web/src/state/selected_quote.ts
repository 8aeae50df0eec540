// The quote of the selected instrument as one plain object, renewed five times a second at most.

import { onBeforeUnmount, onMounted, shallowRef, watch, type ShallowRef } from 'vue'
import type { DepthLevel } from '../api/types'
import { Cadence } from './cadence'
import { quotes, selectedId } from './market'
import { change, changePercent, FIELDS, referencePrice, type Field } from './quote_table'

export type QuoteView = Readonly<Record<Field, number>> & {
  readonly id: string
  readonly reference: number
  readonly change: number
  readonly changePercent: number
  readonly moved: number
  readonly version: number
  readonly depth: readonly DepthLevel[] | null
}

const HZ = 5

export function useSelectedQuote(): ShallowRef<QuoteView | null> {
  const view = shallowRef<QuoteView | null>(null)
  const cadence = new Cadence(HZ, renew)
  let stop: (() => void) | null = null

  function renew(): void {
    const row = quotes.rowOf(selectedId.value)
    if (row < 0 || !quotes.has(row)) {
      view.value = null
      return
    }
    const version = quotes.version[row]!
    if (view.value?.version === version && view.value.id === selectedId.value) return
    const fields = Object.fromEntries(FIELDS.map((field) => [field, quotes.at(row, field)])) as Record<Field, number>
    view.value = {
      ...fields,
      id: selectedId.value,
      reference: referencePrice(quotes, row),
      change: change(quotes, row),
      changePercent: changePercent(quotes, row),
      moved: quotes.moved[row]!,
      version,
      depth: quotes.depth[row] ?? null,
    }
  }

  onMounted(() => {
    stop = quotes.onChange(() => cadence.request())
    renew()
  })
  onBeforeUnmount(() => {
    stop?.()
    cadence.stop()
  })
  watch(selectedId, renew)
  return view
}
