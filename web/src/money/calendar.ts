// A month of trading days as weeks of seven, Monday first, and how strongly each day is coloured.

import { compare, divide, exact, money, signOf, type Exact } from '../desk/exact'
import type { DayRow } from './types'

const SHADES = 4
const WEEK = 7
const [LARGE, WAN, YI] = [10_000n, '万', '亿']

/** 20260105 → 202601. */
export function monthOf(day: number): number {
  return Math.floor(day / 100)
}

/** The month before or after. */
export function monthBeside(month: number, by: 1 | -1): number {
  const count = Math.floor(month / 100) * 12 + (month % 100) - 1 + by
  return Math.floor(count / 12) * 100 + (count % 12) + 1
}

/** The days of a month (20260101 …) by weeks; 0 where the month has not begun or has ended. */
export function weeksOf(month: number): number[][] {
  const [year, number] = [Math.floor(month / 100), month % 100]
  const length = new Date(Date.UTC(year, number, 0)).getUTCDate()
  const before = (new Date(Date.UTC(year, number - 1, 1)).getUTCDay() + WEEK - 1) % WEEK
  const cells = [...Array.from({ length: before }, () => 0), ...Array.from({ length }, (_, at) => month * 100 + at + 1)]
  while (cells.length % WEEK !== 0) cells.push(0)
  return Array.from({ length: cells.length / WEEK }, (_, at) => cells.slice(at * WEEK, (at + 1) * WEEK))
}

function size(value: Exact): Exact {
  return value.units < 0n ? { units: -value.units, scale: value.scale } : value
}

/** 0 for nothing to 4 for the largest gain or loss of these days. */
export function shadeOf(day: DayRow, days: readonly DayRow[]): number {
  const own = size(exact(day.net))
  if (signOf(own) === 0) return 0
  let largest = own
  for (const each of days) {
    const other = size(exact(each.net))
    if (compare(other, largest) > 0) largest = other
  }
  const share = divide(own, largest, 4)
  return share === null ? 0 : Math.max(1, Math.ceil((Number(share.units) / 10_000) * SHADES))
}

/** A gain or loss for a small cell: `+1.2万` and `−350` in Chinese, `+12.3k` in English. */
export function shortMoney(text: string, isChinese: boolean): string {
  const value = exact(text)
  const sign = signOf(value) > 0 ? '+' : ''
  const whole = size(value).units / 10n ** BigInt(value.scale)
  const scaled = (by: bigint, unit: string): string => `${sign}${money(divide(value, { units: by, scale: 0 }, 1), 1)}${unit}`
  if (isChinese) {
    if (whole >= LARGE * LARGE) return scaled(LARGE * LARGE, YI)
    return whole >= LARGE ? scaled(LARGE, WAN) : `${sign}${money(value, 0)}`
  }
  if (whole >= 1_000_000n) return scaled(1_000_000n, 'M')
  return whole >= LARGE ? scaled(1000n, 'k') : `${sign}${money(value, 0)}`
}
