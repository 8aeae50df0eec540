// Lists that do not run away from the hand: while somebody points at a list, its rows keep their places, and what has
// changed in them is shown where it stands. What is new waits until the pointer has left.

import { computed, ref, shallowRef, type ComputedRef } from 'vue'

type Listener = (event: Event) => void

export interface Steady<T> {
  readonly items: ComputedRef<readonly T[]>
  /** How many new ones wait for the list to be let go. */
  readonly waiting: ComputedRef<number>
  /** For the element that holds the rows. */
  readonly listeners: Readonly<Record<'onPointerenter' | 'onPointerleave' | 'onFocusin' | 'onFocusout', Listener>>
}

/** The newest version of each held row in its old place; rows that are gone leave. */
export function inPlace<T>(items: readonly T[], heldIds: readonly string[], idOf: (item: T) => string): T[] {
  const byId = new Map(items.map((item) => [idOf(item), item]))
  return heldIds.flatMap((id) => byId.get(id) ?? [])
}

/** `source` is what the list shows when nobody points; held rows are looked up in `all`, where it shows only a part. */
export function useSteady<T>(source: () => readonly T[], idOf: (item: T) => string, all = source): Steady<T> {
  const isHeld = ref(false)
  const heldIds = shallowRef<readonly string[]>([])

  function hold(): void {
    if (isHeld.value) return
    heldIds.value = source().map(idOf)
    isHeld.value = true
  }

  function letGo(): void {
    isHeld.value = false
  }

  return {
    items: computed(() => {
      const held = isHeld.value ? inPlace(all(), heldIds.value, idOf) : []
      // A list that was emptied and filled again under the pointer has nothing left to hold.
      return held.length > 0 ? held : source()
    }),
    waiting: computed(() => {
      if (!isHeld.value) return 0
      const held = new Set(heldIds.value)
      return source().filter((item) => !held.has(idOf(item))).length
    }),
    listeners: {
      // A finger points only while it touches: a list held by it would never be let go.
      onPointerenter: (event) => (event as PointerEvent).pointerType === 'mouse' && hold(),
      onPointerleave: letGo,
      // Keys point too: the row that has the focus must not walk off.
      onFocusin: (event) => (event.target as Element).matches(':focus-visible') && hold(),
      onFocusout: letGo,
    },
  }
}
