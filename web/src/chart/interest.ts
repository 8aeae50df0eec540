// Which bars the charts on the screen want of the feed: one wish for all of them, renewed when one comes, goes or turns
// to another instrument.

import { drop, wish } from '../transport/feed'

const wanted = new Map<symbol, string>()
let timer = 0
const DELAY_MS = 100

export function wantBars(chart: symbol, instrumentId: string): void {
  if (wanted.get(chart) === instrumentId) return
  wanted.set(chart, instrumentId)
  renew()
}

export function leaveBars(chart: symbol): void {
  if (wanted.delete(chart)) renew()
}

/** The instruments of all charts, each once. */
export function wantedBars(): string[] {
  return [...new Set(wanted.values())].filter((id) => id !== '').toSorted()
}

function renew(): void {
  clearTimeout(timer)
  timer = setTimeout(() => {
    const instruments = wantedBars()
    if (instruments.length === 0) drop('bars')
    else wish({ topic: 'bars', mode: 'every', instruments })
  }, DELAY_MS) as unknown as number
}
