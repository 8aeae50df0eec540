// What is said of one contract: its terms, its hours as a person reads them, and the days it has left. Pure.

import { minute, tradingDay } from '../format/times'
import type { DayHours } from '../market/sessions'

/** `21:00–02:30`, night section first. */
export function sayHours(day: DayHours): string[] {
  return day.sections.map(({ open_ns, close_ns }) => `${minute(open_ns / 1e6)}–${minute(close_ns / 1e6)}`)
}

/** Calendar days from one day to another, both as 20210104. */
export function daysBetween(from: number, to: number): number {
  return Math.round((Date.parse(tradingDay(to)) - Date.parse(tradingDay(from))) / 86_400_000)
}

/** What one step of the price is worth for one lot; as text, since it is money. */
export function tickValue(tick: number, multiplier: number): string {
  // Both have few decimals: their product at six says it exactly.
  return String(Number((tick * multiplier).toFixed(6)))
}
