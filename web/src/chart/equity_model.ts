// The points of an equity curve: the day's samples with the newest value behind them, or the end of each day.

import { exact, plain } from '../desk/exact'
import type { EquityDay, EquityPoint } from '../desk/types'
import type { ValuePoint } from '../money/types'
import { minute, tradingDay } from '../format/times'

export interface CurvePoint {
  /** What stands under the curve: a time of the day, or a day. */
  readonly label: string
  /** When it was, where the axis is one of time; days stand side by side. */
  readonly ms?: number
  /** For the line only: a chart needs no more than a float holds. */
  readonly value: number
  /** For words: every digit. */
  readonly text: string
}

const NS_PER_MS = 1e6

function point(label: string, amount: string): CurvePoint {
  return { label, value: Number(amount), text: plain(exact(amount)) }
}

function moment(ms: number, amount: string): CurvePoint {
  return { ...point(minute(ms), amount), ms }
}

/** Samples of one trading day, and the balance of this moment as the last point. */
export function todayCurve(samples: readonly EquityPoint[], balance: string | null, nowMs: number): CurvePoint[] {
  const newest = samples.at(-1)?.trading_day
  const points = samples.filter((sample) => sample.trading_day === newest).map((sample) => moment(sample.ts / NS_PER_MS, sample.balance))
  return balance === null ? points : [...points, moment(nowMs, balance)]
}

/** The end of each settled day, and today as it stands. */
export function daysCurve(days: readonly EquityDay[], today: number, balance: string | null): CurvePoint[] {
  const points = days.filter((day) => day.trading_day !== today).map((day) => point(tradingDay(day.trading_day), day.balance))
  return balance === null || today === 0 ? points : [...points, point(tradingDay(today), balance)]
}

/** Net value of one yuan, with what a benchmark would have made of it, and how far below its height it is. */
export interface ValueCurve {
  readonly points: readonly {
    readonly label: string
    readonly value: number
    readonly text: string
    readonly fall: number
    readonly fallText: string
    readonly benchmark: number | null
  }[]
}

/** `closes` are a benchmark's by trading day; it begins where the account's first day with a close ends. */
export function valueCurve(points: readonly ValuePoint[], closes: ReadonlyMap<number, number>): ValueCurve {
  const first = points.find((each) => closes.has(each.trading_day))
  const unit = first === undefined ? Number.NaN : Number(first.net_value) / (closes.get(first.trading_day) ?? Number.NaN)
  return {
    points: points.map((each) => {
      const close = closes.get(each.trading_day)
      return {
        label: tradingDay(each.trading_day),
        value: Number(each.net_value),
        text: plain(exact(each.net_value)),
        fall: Number(each.drawdown),
        fallText: each.drawdown,
        benchmark: close === undefined ? null : close * unit,
      }
    }),
  }
}
