// Numbers as people of this trade read them: contract's decimals, sign on changes, 万/亿 or k/M.

import type { Locale } from '../app/settings'

export const ABSENT = '—'

const fixed = new Map<number, Intl.NumberFormat>()

function formatterOf(digits: number): Intl.NumberFormat {
  let formatter = fixed.get(digits)
  if (formatter === undefined) {
    formatter = new Intl.NumberFormat('en-US', {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
      useGrouping: false,
    })
    fixed.set(digits, formatter)
  }
  return formatter
}

export function isAbsent(value: number | null | undefined): value is null | undefined {
  return value === null || value === undefined || !Number.isFinite(value)
}

export function price(value: number | null | undefined, digits: number): string {
  return isAbsent(value) ? ABSENT : formatterOf(digits).format(value)
}

/** A change carries its sign, so that it does not speak by colour alone; zero carries none. */
export function signed(value: number | null | undefined, digits: number): string {
  if (isAbsent(value)) return ABSENT
  const text = formatterOf(digits).format(Math.abs(value))
  if (Number(text) === 0) return text
  return value > 0 ? `+${text}` : `−${text}`
}

export function percent(value: number | null | undefined, digits = 2): string {
  return isAbsent(value) ? ABSENT : `${signed(value, digits)}%`
}

/** The class that colours a figure shown with so many digits: what reads as zero has no colour. */
export function toneOf(value: number | null | undefined, digits: number): 'is-up' | 'is-down' | '' {
  if (isAbsent(value) || Number(formatterOf(digits).format(Math.abs(value))) === 0) return ''
  return value > 0 ? 'is-up' : 'is-down'
}

const whole = new Intl.NumberFormat('en-US')

export function count(value: number | null | undefined): string {
  return isAbsent(value) ? ABSENT : whole.format(Math.round(value))
}

const STEPS: Readonly<Record<Locale, readonly (readonly [number, string])[]>> = {
  zh: [
    [1e8, '亿'],
    [1e4, '万'],
  ],
  en: [
    [1e9, 'B'],
    [1e6, 'M'],
    [1e4, 'k'],
  ],
}
const EN_THOUSAND = 1e3
const SHORT_DIGITS = 2

/** Large counts shortened to two decimals, always two, so that a column of them lines up: 12345 → 1.23万, 12.35k. */
export function short(value: number | null | undefined, locale: Locale): string {
  if (isAbsent(value)) return ABSENT
  const size = Math.abs(value)
  for (const [step, unit] of STEPS[locale]) {
    if (size < step) continue
    const scaled = value / (unit === 'k' ? EN_THOUSAND : step)
    return `${formatterOf(SHORT_DIGITS).format(scaled)}${unit}`
  }
  return Number.isInteger(value) ? String(value) : formatterOf(2).format(value)
}

/** A measured number of no fixed scale: four significant figures at most, never in exponents. */
export function figures(value: number | null | undefined): string {
  if (isAbsent(value)) return ABSENT
  const size = Math.abs(value)
  if (size === 0) return '0'
  if (size >= 1000) return formatterOf(0).format(value)
  const digits = Math.min(6, Math.max(0, 3 - Math.floor(Math.log10(size))))
  return String(Number(formatterOf(digits).format(value)))
}

export function bytes(value: number): string {
  if (value < 1000) return `${Math.round(value)} B`
  return value < 1e6 ? `${(value / 1e3).toFixed(1)} kB` : `${(value / 1e6).toFixed(1)} MB`
}
