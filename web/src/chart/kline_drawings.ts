// Lines that somebody draws upon the candles: one at a time is being placed, all others stand and are told about.

import type { Chart, OverlayCreate } from 'klinecharts'

/** A line somebody drew: the tool's name and its points in time and price. */
export interface Drawing {
  readonly name: string
  readonly points: readonly { readonly timestamp?: number; readonly value?: number }[]
}

const GROUP = 'drawings'

export interface KlineDrawings {
  /** Lets somebody place one with the pointer; one that was being placed is given up. */
  place(name: string): void
  /** Gives up what is being placed. */
  cancel(): void
  /** Shows these and no others; what is being placed stays in hand: bars come anew in the middle of it. */
  set(drawings: readonly Drawing[]): void
  readonly isEmpty: boolean
}

/** `onChange` hears all that stand whenever somebody changed one, `onPlacing` whether one is in hand. */
export function createDrawings(chart: Chart, onChange: (drawings: Drawing[]) => void, onPlacing: (isPlacing: boolean) => void): KlineDrawings {
  let placing: string | null = null

  const standing = () => chart.getOverlays({ groupId: GROUP }).filter(({ id }) => id !== placing)

  function take(id: string | null): void {
    placing = id
    onPlacing(id !== null)
  }

  function tell(): void {
    onChange(standing().map(({ name, points }) => ({ name, points: points.map(({ timestamp, value }) => ({ timestamp, value })) })) as Drawing[])
  }

  // The library changes a line's points, and its own list, after it has told.
  const later = (ended?: string) =>
    setTimeout(() => {
      if (ended !== undefined && ended === placing) take(null)
      tell()
    })
  const hooks: Partial<OverlayCreate> = {
    groupId: GROUP,
    onDrawEnd: ({ overlay }) => void later(overlay.id),
    onPressedMoveEnd: () => void later(),
    onRemoved: ({ overlay }) => void later(overlay.id),
  }

  /** Takes lines off without a person having done so: nobody is told. */
  function remove(ids: readonly string[]): void {
    for (const id of ids) {
      chart.overrideOverlay({ id, onRemoved: null })
      chart.removeOverlay({ id })
    }
  }

  function cancel(): void {
    if (placing === null) return
    remove([placing])
    take(null)
  }

  return {
    place(name) {
      cancel()
      const id = chart.createOverlay({ name, ...hooks })
      take(typeof id === 'string' ? id : null)
    },
    cancel,
    set(drawings) {
      remove(standing().map(({ id }) => id))
      for (const { name, points } of drawings) chart.createOverlay({ name, points: [...points] as { timestamp: number; value: number }[], ...hooks })
    },
    get isEmpty() {
      return standing().length === 0
    },
  }
}
