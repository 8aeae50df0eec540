// What REST tells of brokers' statements, and how it is said: a code has words, one that has none stands as it is.
import { t, tCode } from '../i18n'
import { sayPerson } from '../people/names'

export interface Difference {
  readonly code: string
  readonly subject: string
  readonly ours: string | null
  readonly theirs: string | null
  readonly cause: string
  readonly detail: Readonly<Record<string, string>>
}

export interface StatementReview {
  readonly account_id: string
  readonly trading_day: number
  readonly version: number
  readonly digest: string
  readonly differences: readonly Difference[]
  readonly difference_count: number
  readonly unexplained_count: number
  readonly malformed_count: number
  readonly confirmation: { readonly actor: string; readonly by: string } | null
}

export interface PullProgress {
  readonly total: number
  readonly done: number
  readonly covered: number
  readonly failed: number
  readonly now: string
  readonly trouble: string
}

export interface StatementsView {
  readonly reviews: readonly StatementReview[]
  readonly waiting: Readonly<Record<string, number>>
  readonly pulls: Readonly<Record<string, PullProgress>>
  readonly troubles: Readonly<Record<string, string>>
}

export function sayDifference(each: Difference): string {
  const [kind = '', name = ''] = each.code.split('.')
  return [tCode('stmt.kind', kind), tCode('stmt.name', name)].filter((word) => word !== '').join(' · ')
}

/** Why, with the rate or whatever else would give theirs. */
export function sayCause(each: Difference): string {
  const told = Object.entries(each.detail).map(([name, value]) => `${tCode('stmt.detail', name)} ${value}`)
  const cause = each.cause === '' ? t('stmt.unexplained') : tCode('stmt.cause', each.cause)
  return [cause, ...told].join(' · ')
}

export function sayState(review: StatementReview): string {
  if (review.confirmation !== null) return t('stmt.confirmedBy', { actor: review.confirmation.by === 'auto' ? t('stmt.policy') : sayPerson(review.confirmation.actor) })
  if (review.malformed_count > 0) return t('stmt.unread', { count: review.malformed_count })
  if (review.unexplained_count > 0) return t('stmt.open', { count: review.unexplained_count })
  return review.difference_count > 0 ? t('stmt.explained', { count: review.difference_count }) : t('stmt.agrees')
}

/** Part of the rates that need no more asking, from 0 to 1. */
export function shareOf(pull: PullProgress): number {
  return pull.total === 0 ? 0 : Math.min(1, (pull.done + pull.covered + pull.failed) / pull.total)
}
