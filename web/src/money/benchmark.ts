// What an account is measured against: closes of a contract, a share, or of a product's main contracts one after the
// other, and how the account did beside them from the first day that both have. Pure.

import { divide, exact, minus, plain, round, times, type Exact } from '../desk/exact'
import type { DayRow, ValuePoint } from './types'

/** Digits of a ratio, far below what is shown. */
const DIGITS = 12
const ONE: Exact = { units: 1n, scale: 0 }

/** By trading day, as text with every digit. */
export type Closes = ReadonlyMap<number, string>

/** `one`: an instrument by its id; `main`: the main contracts of `product.exchange`. */
export interface Benchmark {
  readonly kind: 'one' | 'main'
  readonly id: string
}

export interface Joined {
  readonly closes: Closes
  /** Changes from one main contract to the next. */
  readonly rolls: number
  /** Those on which the next one's close of the day before is not known: that day counts as no change. */
  readonly bridged: number
}

export interface Comparison {
  readonly from: number
  readonly until: number
  readonly own: Exact
  readonly theirs: Exact
  readonly excess: Exact
  /** The excess on what the account held on the first day; `null` where that is not told. */
  readonly amount: Exact | null
  /** Days of the account in between on which the benchmark has no close. */
  readonly missing: number
  /** Days of the account before the first and after the last common day. */
  readonly outside: number
}

/** How a choice is kept; `''` is none. */
export function textOf(benchmark: Benchmark | null): string {
  return benchmark === null ? '' : `${benchmark.kind}:${benchmark.id}`
}

/** Reads what was kept; words of another version count as none. */
export function benchmarkOf(text: string | undefined): Benchmark | null {
  const [kind, ...rest] = (text ?? '').split(':')
  const id = rest.join(':')
  return (kind === 'one' || kind === 'main') && id !== '' ? { kind, id } : null
}

/** Two returns over the same days: from the first to the last that both have; `null` where they share fewer than two. */
export function compareWith(points: readonly ValuePoint[], closes: Closes, days: readonly DayRow[]): Comparison | null {
  const common = points.filter(({ trading_day: day }) => closes.has(day))
  const [first, last] = [common[0], common.at(-1)]
  if (first === undefined || last === undefined || first === last) return null
  const own = changeOf(first.net_value, last.net_value)
  const theirs = changeOf(closes.get(first.trading_day)!, closes.get(last.trading_day)!)
  if (own === null || theirs === null) return null
  const between = points.filter(({ trading_day: day }) => day >= first.trading_day && day <= last.trading_day)
  const excess = minus(own, theirs)
  const begin = days.find(({ trading_day: day }) => day === first.trading_day)
  return {
    from: first.trading_day,
    until: last.trading_day,
    own,
    theirs,
    excess,
    amount: begin === undefined ? null : round(times(exact(begin.balance), excess), 2),
    missing: between.length - common.length,
    outside: points.length - between.length,
  }
}

function changeOf(from: string, until: string): Exact | null {
  const ratio = divide(exact(until), exact(from), DIGITS)
  return ratio === null ? null : minus(ratio, ONE)
}

/**
 * Main contracts one after the other as one series that begins at its first close. A change of contract is no change of
 * price: each day counts as the same contract's own, from its close of the day on which the one before ended.
 */
export function joinedCloses(spans: readonly Closes[]): Joined {
  const closes = new Map<number, string>()
  let value = ONE
  let lastDay = 0
  let rolls = 0
  let bridged = 0
  for (const span of spans) {
    const days = [...span.keys()].filter((day) => day > lastDay).toSorted((a, b) => a - b)
    const [begin] = days
    if (begin === undefined) continue
    const isFirst = lastDay === 0
    let before = isFirst ? undefined : span.get(lastDay)
    if (!isFirst) rolls += 1
    if (isFirst) value = exact(span.get(begin))
    else if (before === undefined) bridged += 1
    before ??= span.get(begin)!
    const held = value
    for (const day of days) {
      const moved = divide(times(held, exact(span.get(day))), exact(before), DIGITS)
      if (moved === null) continue
      value = moved
      closes.set(day, plain(value))
      lastDay = day
    }
  }
  return { closes, rolls, bridged }
}
