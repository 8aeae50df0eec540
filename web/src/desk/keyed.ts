// Things that have versions, by name: positions, orders, plans. Bounded where they are a stream of events.

import { shallowRef, triggerRef, type ShallowRef } from 'vue'

export interface KeyedRules<T> {
  readonly idOf: (item: T) => string
  /** True for a version that says the thing is no more. */
  readonly isGone?: (item: T) => boolean
  /** At most so many are kept, the oldest by `timeOf` go. */
  readonly most?: number
  readonly timeOf?: (item: T) => number
}

export class Keyed<T extends { readonly version: number }> {
  private readonly byId = new Map<string, T>()
  readonly items: ShallowRef<readonly T[]> = shallowRef([])

  constructor(private readonly rules: KeyedRules<T>) {}

  /** Whoever computes with it hears of its next version. */
  get(id: string): T | undefined {
    void this.items.value
    return this.byId.get(id)
  }

  /** What is not in a snapshot is gone. */
  replace(items: readonly T[]): void {
    const named = new Set(items.map(this.rules.idOf))
    for (const id of this.byId.keys()) if (!named.has(id)) this.byId.delete(id)
    this.add(items)
  }

  /** Takes what is newer than what is known. Prices change without a new version, so an equal one is taken too. */
  add(items: readonly T[]): void {
    const { idOf, isGone } = this.rules
    for (const item of items) {
      const id = idOf(item)
      const known = this.byId.get(id)
      if (known !== undefined && item.version < known.version) continue
      if (isGone?.(item) === true) this.byId.delete(id)
      else this.byId.set(id, item)
    }
    this.trim()
    this.items.value = [...this.byId.values()]
    triggerRef(this.items)
  }

  clear(): void {
    this.byId.clear()
    this.items.value = []
  }

  private trim(): void {
    const { most, timeOf } = this.rules
    if (most === undefined || timeOf === undefined || this.byId.size <= most) return
    const oldest = [...this.byId].toSorted(([, a], [, b]) => timeOf(a) - timeOf(b)).slice(0, this.byId.size - most)
    for (const [id] of oldest) this.byId.delete(id)
  }
}
