// Decimal numbers that lose no digit: money is added and shown as it is, never as the nearest binary fraction.

import { ABSENT } from '../format/numbers'

/** `units` × 10^−`scale`. */
export interface Exact {
  readonly units: bigint
  readonly scale: number
}

export const ZERO: Exact = { units: 0n, scale: 0 }
const SHAPE = /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i
/** Beyond this no amount of money lies; a hostile exponent must not fill the memory. */
const MOST_DIGITS = 60

/** Reads `-12.50`, `0E-8`, `1.5e3`. Returns `null` for what is no number. */
export function parse(text: string | number | null | undefined): Exact | null {
  const found = SHAPE.exec(String(text ?? '').trim())
  if (found === null) return null
  const [, sign = '', whole = '', part = '', exponent = '0'] = found
  if (whole + part === '' || whole.length + part.length > MOST_DIGITS) return null
  const shift = Number(exponent)
  if (Math.abs(shift) > MOST_DIGITS) return null
  const size = BigInt(whole + part)
  const units = sign === '-' ? -size : size
  const scale = part.length - shift
  return scale < 0 ? { units: units * 10n ** BigInt(-scale), scale: 0 } : { units, scale }
}

/** What is no number counts as nothing: for sums of fields that the desk always fills. */
export function exact(text: string | number | null | undefined): Exact {
  return parse(text) ?? ZERO
}

function unitsAt(value: Exact, scale: number): bigint {
  return value.units * 10n ** BigInt(scale - value.scale)
}

export function plus(left: Exact, right: Exact): Exact {
  const scale = Math.max(left.scale, right.scale)
  return { units: unitsAt(left, scale) + unitsAt(right, scale), scale }
}

export function minus(left: Exact, right: Exact): Exact {
  return plus(left, { units: -right.units, scale: right.scale })
}

export function times(left: Exact, right: Exact): Exact {
  return { units: left.units * right.units, scale: left.scale + right.scale }
}

export function sum(values: Iterable<Exact | string>): Exact {
  let total = ZERO
  for (const value of values) total = plus(total, typeof value === 'string' ? exact(value) : value)
  return total
}

/** Left ÷ right to so many digits, halves away from zero; `null` where there is nothing to divide by. */
export function divide(left: Exact, right: Exact, digits: number): Exact | null {
  if (right.units === 0n) return null
  const shift = digits + right.scale - left.scale
  const [over, under] = shift >= 0 ? [left.units * 10n ** BigInt(shift), right.units] : [left.units, right.units * 10n ** BigInt(-shift)]
  return { units: divided(over, under), scale: digits }
}

function divided(over: bigint, under: bigint): bigint {
  const isNegative = over < 0n !== under < 0n
  const [top, bottom] = [over < 0n ? -over : over, under < 0n ? -under : under]
  const size = (2n * top + bottom) / (2n * bottom)
  return isNegative ? -size : size
}

export function signOf(value: Exact): -1 | 0 | 1 {
  if (value.units === 0n) return 0
  return value.units > 0n ? 1 : -1
}

export function compare(left: Exact, right: Exact): number {
  return signOf(minus(left, right))
}

/** Rounded to so many digits, halves away from zero. */
export function round(value: Exact, digits: number): Exact {
  if (value.scale <= digits) return { units: unitsAt(value, digits), scale: digits }
  return { units: divided(value.units, 10n ** BigInt(value.scale - digits)), scale: digits }
}

function digitsOf(value: Exact, isGrouped: boolean): string {
  const size = value.units < 0n ? -value.units : value.units
  const text = size.toString().padStart(value.scale + 1, '0')
  const whole = text.slice(0, text.length - value.scale)
  const grouped = isGrouped ? whole.replaceAll(/\B(?=(\d{3})+$)/g, ',') : whole
  return value.scale === 0 ? grouped : `${grouped}.${text.slice(-value.scale)}`
}

/** For the wire: `-12.5`. */
export function plain(value: Exact): string {
  return `${value.units < 0n ? '-' : ''}${digitsOf(value, false)}`
}

/** For people: `1,000,035.27`, with the page's own minus. What is no number is shown as absent. */
export function money(text: Exact | string | number | null | undefined, digits = 2): string {
  const value = typeof text === 'object' && text !== null ? text : parse(text)
  if (value === null) return ABSENT
  const shown = round(value, digits)
  return `${shown.units < 0n ? '−' : ''}${digitsOf(shown, true)}`
}

/** A gain or a loss: with its sign, so that it does not speak by colour alone; zero has none. */
export function signedMoney(text: Exact | string | null | undefined, digits = 2): string {
  const value = typeof text === 'object' && text !== null ? text : parse(text)
  if (value === null) return ABSENT
  const shown = round(value, digits)
  return `${shown.units > 0n ? '+' : ''}${money(shown, digits)}`
}

/** All digits there are and two at least: parts shown so add up to the whole to the last digit. */
export function full(text: Exact | string): string {
  let value = typeof text === 'string' ? exact(text) : text
  while (value.scale > 2 && value.units % 10n === 0n) value = { units: value.units / 10n, scale: value.scale - 1 }
  return money(value, Math.max(2, value.scale))
}

/** The class that colours an amount shown with so many digits: what reads as zero has no colour. */
export function toneOf(text: Exact | string | null | undefined, digits = 2): 'is-up' | 'is-down' | '' {
  const value = typeof text === 'object' && text !== null ? text : parse(text)
  const sign = value === null ? 0 : signOf(round(value, digits))
  if (sign === 0) return ''
  return sign > 0 ? 'is-up' : 'is-down'
}

/** A gain in percent, with its sign. */
export function signedPercentOf(text: Exact | string | null | undefined, digits = 2): string {
  const value = typeof text === 'object' && text !== null ? text : parse(text)
  return value === null ? ABSENT : `${signedMoney(times(value, { units: 100n, scale: 0 }), digits)}%`
}

/** A share of one in percent: `0.0594` → `5.94%`. */
export function percentOf(text: Exact | string | number | null | undefined, digits = 2): string {
  const value = typeof text === 'object' && text !== null ? text : parse(text)
  return value === null ? ABSENT : `${money(times(value, { units: 100n, scale: 0 }), digits)}%`
}
