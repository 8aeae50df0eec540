// Figures of the operator's pages as text, and small pieces that several of them share.

import { ABSENT } from '../format/numbers'
import { locale } from '../app/settings'
import { tCode } from '../i18n'
import type { AlertView, AlertWords, LogLine } from './types'

const BUSY = 100

export function perSecond(value: number | null | undefined): string {
  if (value === null || value === undefined) return ABSENT
  const digits = value >= BUSY || value === 0 ? 0 : 1
  return `${value.toLocaleString('en-US', { maximumFractionDigits: digits, minimumFractionDigits: digits })} /s`
}

export function micros(value: number | null | undefined): string {
  if (value === null || value === undefined) return ABSENT
  if (value >= 10_000) return `${(value / 1000).toFixed(0)} ms`
  return value >= 1000 ? `${(value / 1000).toFixed(1)} ms` : `${value.toFixed(value < 10 ? 1 : 0)} µs`
}

/** How far behind, in seconds: to the tenth while it is little. */
export function behind(seconds: number): string {
  return seconds.toFixed(seconds < 10 ? 1 : 0)
}

const STEP = 1024
const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const

export function size(value: number): string {
  let left = value
  let unit = 0
  while (left >= STEP && unit < UNITS.length - 1) {
    left /= STEP
    unit += 1
  }
  return `${unit === 0 ? String(left) : left.toFixed(left < 10 ? 1 : 0)} ${UNITS[unit]}`
}

/** The handbook's page in the reader's language. */
export function handbook(alert: AlertView): AlertWords {
  return alert.words[locale.value === 'en' ? 'en' : 'zh']
}

/** `rule=max_position limit=10`: the fields of a line, without the long ones. */
export function fieldsOf(line: LogLine): string {
  return Object.entries(line.fields)
    .filter(([name, value]) => name !== 'exception' && value !== '')
    .map(([name, value]) => `${name}=${value}`)
    .join('  ')
}

/** Where a setting comes from, in words; names of files and variables stay as they are. */
export function originOf(origin: string): string {
  return tCode('ops.origin', origin.replace(/^flag --set$/, 'flag'))
}
