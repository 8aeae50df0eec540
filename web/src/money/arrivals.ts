// When this page was told of opportunities for the first time: kept by whoever shows how long that took.

import { listen } from '../transport/feed'
import type { Arrival } from './hops'

const MOST = 500

const arrivals = new Map<string, Arrival>()

/** Takes in what came at a moment; what a snapshot brings was there before, and nobody knows since when. */
export function note(rows: readonly Readonly<Record<string, unknown>>[], isWhole: boolean, nowMs: number): void {
  if (isWhole) return
  for (const row of rows) {
    const id = String(row['opportunity_id'])
    if (row['version'] !== 1 || arrivals.has(id)) continue
    const pushed = row['ts_pushed']
    arrivals.set(id, { pushedMs: typeof pushed === 'number' ? pushed / 1e6 : null, arrivedMs: nowMs })
    if (arrivals.size > MOST) arrivals.delete(arrivals.keys().next().value ?? '')
  }
}

export function arrivalOf(opportunityId: string): Arrival | null {
  return arrivals.get(opportunityId) ?? null
}

listen('opportunities', (update) => note(update.rows as unknown as Record<string, unknown>[], update.isWhole, performance.timeOrigin + performance.now()))
