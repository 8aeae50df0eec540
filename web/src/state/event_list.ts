// A bounded list of events, newest first, each known by its id: what the streams of the page are made of.

import { shallowRef, type ShallowRef } from 'vue'

export interface EventListRules<T> {
  readonly most: number
  readonly idOf: (event: T) => string
  readonly timeOf: (event: T) => number
  /** True when `next` may take the place of `known` (a newer version of the same thing). */
  readonly isNewer?: (next: T, known: T) => boolean
  /** True for what is finished: it outlives a snapshot that no longer has it. */
  readonly isOver?: (event: T) => boolean
}

export class EventList<T> {
  readonly items: ShallowRef<readonly T[]> = shallowRef([])
  /** How many events have arrived since the page was opened or cleared. */
  readonly seen = shallowRef(0)

  constructor(private readonly rules: EventListRules<T>) {}

  /** Takes a snapshot: what it lacks is gone, but for what was over before. */
  replace(events: readonly T[]): void {
    const over = this.items.value.filter((event) => this.rules.isOver?.(event) ?? false)
    this.items.value = this.order(this.unite(over, events))
  }

  /** Takes what was asked for beside the stream; none of it is news. */
  keep(events: readonly T[]): void {
    this.items.value = this.order(this.unite(this.items.value, events))
  }

  add(events: readonly T[]): void {
    if (events.length === 0) return
    this.seen.value += events.length
    this.items.value = this.order(this.unite(this.items.value, events))
  }

  clear(): void {
    this.items.value = []
    this.seen.value = 0
  }

  private unite(known: readonly T[], events: readonly T[]): T[] {
    const { idOf, isNewer } = this.rules
    const byId = new Map(known.map((event) => [idOf(event), event]))
    for (const event of events) {
      const id = idOf(event)
      const before = byId.get(id)
      if (before === undefined || isNewer === undefined || isNewer(event, before)) byId.set(id, event)
    }
    return [...byId.values()]
  }

  private order(events: T[]): T[] {
    const { timeOf, most } = this.rules
    return events.toSorted((a, b) => timeOf(b) - timeOf(a)).slice(0, most)
  }
}
