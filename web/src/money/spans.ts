// Which trading days are looked at, and what is asked of the server about them.

export const SPANS = ['month', 'd20', 'd60', 'year', 'all', 'custom'] as const
export type SpanName = (typeof SPANS)[number]
export const PARTINGS = ['instrument', 'kind', 'product', 'strategy', 'book', 'trader'] as const
export type Parting = (typeof PARTINGS)[number]

export interface Span {
  readonly from: number
  readonly until: number
}

export const EVERY_DAY: Span = { from: 0, until: 99_999_999 }
const LENGTH: Partial<Record<SpanName, number>> = { d20: 20, d60: 60 }

/** The first and the last day of a span; `days` are all there are, the oldest first. A custom span comes as it is. */
export function spanOf(name: SpanName, days: readonly number[], custom: Span): Span {
  const newest = days.at(-1)
  if (name === 'custom') return custom
  if (newest === undefined || name === 'all') return EVERY_DAY
  const length = LENGTH[name]
  if (length !== undefined) return { from: days[Math.max(0, days.length - length)] ?? 0, until: EVERY_DAY.until }
  const unit = name === 'year' ? 10_000 : 100
  return { from: Math.floor(newest / unit) * unit, until: EVERY_DAY.until }
}

export interface Whose {
  readonly account: string
  readonly book: string
}

/** The address of an answer about an account: `days`, `attribution`, `statistics`, `day`, `sheet`. */
export function accountAddress(what: string, whose: Whose, span: Span = EVERY_DAY, more: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams({ account: whose.account, ...more })
  if (whose.book !== '') query.set('book', whose.book)
  if (span.from > 0) query.set('from_day', String(span.from))
  if (span.until < EVERY_DAY.until) query.set('until_day', String(span.until))
  return `/api/v1/account/${what}?${query}`
}
