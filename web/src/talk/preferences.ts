// How somebody wants to be told, as a form: which kinds by which channels, and when not.

import type { Preferences, Wishes } from './types'

export const CHANNELS = ['page', 'email'] as const
export type Channel = (typeof CHANNELS)[number]

export type Chosen = Readonly<Record<string, ReadonlySet<string>>>

/** The channels of every kind: those chosen, or the usual ones. */
export function chosenOf(told: Preferences): Chosen {
  const { channels } = told.preferences.wishes
  return Object.fromEntries(told.kinds.map(({ kind, channels: usual }) => [kind, new Set(channels[kind] ?? usual)]))
}

export function toggled(chosen: Chosen, kind: string, channel: Channel): Chosen {
  const now = new Set(chosen[kind] ?? [])
  if (!now.delete(channel)) now.add(channel)
  return { ...chosen, [kind]: now }
}

/** Only what differs from the usual is kept: a usual that changes later then changes for this person too. */
export function channelsOf(told: Preferences, chosen: Chosen): Wishes['channels'] {
  const isUsual = (kind: string, usual: readonly string[]): boolean => {
    const now = chosen[kind] ?? new Set(usual)
    return now.size === usual.length && usual.every((each) => now.has(each))
  }
  return Object.fromEntries(
    told.kinds.filter(({ kind, channels }) => !isUsual(kind, channels)).map(({ kind }) => [kind, [...(chosen[kind] ?? [])].toSorted()]),
  )
}

/** 1320 → `22:00`, as a time field wants it. */
export function timeOf(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
}

/** `22:00` → 1320; `null` for what is no time of the day. */
export function minutesOf(time: string): number | null {
  const found = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(time)
  return found === null ? null : Number(found[1]) * 60 + Number(found[2])
}
