// Times of the exchange: always Asia/Shanghai, wherever the reader sits. China keeps no summer time, so a fixed
// offset is exact for every date this system handles, and twenty times cheaper than Intl.

import { ABSENT } from './numbers'

const SHANGHAI_MS = 8 * 3600 * 1000

function shanghai(ms: number): Date {
  return new Date(ms + SHANGHAI_MS)
}

export function msOf(ns: number | null | undefined): number {
  return ns === null || ns === undefined ? 0 : ns / 1e6
}

/** `09:31:05`, with milliseconds on demand. */
export function clock(ms: number, withMs = false): string {
  if (!Number.isFinite(ms) || ms <= 0) return ABSENT
  const iso = shanghai(ms).toISOString()
  return withMs ? iso.slice(11, 23) : iso.slice(11, 19)
}

export function minute(ms: number): string {
  return ms > 0 ? shanghai(ms).toISOString().slice(11, 16) : ABSENT
}

export function date(ms: number): string {
  return ms > 0 ? shanghai(ms).toISOString().slice(0, 10) : ABSENT
}

export function dateTime(ms: number): string {
  return ms > 0 ? `${date(ms)} ${clock(ms)}` : ABSENT
}

/** 20210104 → 2021-01-04. */
export function tradingDay(day: number): string {
  const text = String(day)
  return text.length === 8 ? `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}` : ABSENT
}

function pad(value: number): string {
  return String(value).padStart(2, '0')
}

/** How long something has lasted: `42s`, `3m05s`, `2h10m`, `5d03h`. */
export function duration(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000))
  if (s < 60) return `${s}s`
  if (s < 3600) return `${Math.floor(s / 60)}m${pad(s % 60)}s`
  if (s < 86_400) return `${Math.floor(s / 3600)}h${pad(Math.floor((s % 3600) / 60))}m`
  return `${Math.floor(s / 86_400)}d${pad(Math.floor((s % 86_400) / 3600))}h`
}
