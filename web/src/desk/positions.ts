// Positions as a table reads them: a row each with its prices, the sums of an account, the books there are.

import { divide, exact, plus, sum, ZERO, type Exact } from './exact'
import type { Account, Position } from './types'

/** 盯市 counts from the last settlement, 逐笔 from the opening price. */
export type Counting = 'daily' | 'trade'

/** What is not assigned to any product or strategy has a book of its own. */
export const UNASSIGNED = '/'
/** The account itself: all its books together. */
export const WHOLE = ''

export interface PositionRow {
  readonly id: string
  readonly position: Position
  readonly quantity: number
  readonly closable: number
  readonly frozen: number
  readonly openPrice: Exact | null
  readonly holdingPrice: Exact | null
}

export function idOf(position: Position): string {
  return `${position.account_id} ${position.book} ${position.instrument_id} ${position.direction}`
}

/** One decimal more than the contract's own: an average seldom falls on a price step. */
export function rowOf(position: Position, priceDigits: number): PositionRow {
  const quantity = position.today + position.yesterday
  const frozen = position.frozen_today + position.frozen_yesterday
  const units = exact(quantity * position.contract_multiplier)
  return {
    id: idOf(position),
    position,
    quantity,
    frozen,
    closable: quantity - frozen,
    openPrice: divide(exact(position.open_cost), units, priceDigits + 1),
    holdingPrice: divide(exact(position.position_cost), units, priceDigits + 1),
  }
}

/** Rows of one account and book, by contract, long before short: they keep their places while prices move. */
export function rowsOf(
  positions: readonly Position[],
  account: string,
  book: string,
  priceDigitsOf: (instrumentId: string) => number,
): PositionRow[] {
  return positions
    .filter((position) => position.account_id === account && position.book === book)
    .map((position) => rowOf(position, priceDigitsOf(position.instrument_id)))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

/** Gain ÷ margin, as traders of futures read it, and gain ÷ cost; the first is `null` where no margin is taken. */
export function sharesOf(position: Position, counting: Counting): { readonly onMargin: Exact | null; readonly onCost: Exact | null } {
  const [gain, cost] = counting === 'daily' ? [position.position_pnl, position.position_cost] : [position.floating_pnl, position.open_cost]
  return { onMargin: divide(exact(gain), exact(position.margin), 6), onCost: divide(exact(gain), exact(cost), 6) }
}

export interface Totals {
  readonly quantity: number
  readonly margin: Exact
  readonly daily: Exact
  readonly trade: Exact
}

export function totalsOf(rows: readonly PositionRow[]): Totals {
  return {
    quantity: rows.reduce((total, row) => total + row.quantity, 0),
    margin: sum(rows.map((row) => row.position.margin)),
    daily: sum(rows.map((row) => row.position.position_pnl)),
    trade: sum(rows.map((row) => row.position.floating_pnl)),
  }
}

/** The books of an account that hold or held anything, the account itself first. */
export function booksOf(accounts: readonly Account[], account: string): string[] {
  return accounts
    .filter((each) => each.account_id === account)
    .map((each) => each.book)
    .toSorted()
}

export interface BalanceTerm {
  readonly name: 'pre_balance' | 'deposit' | 'withdraw' | 'close_pnl' | 'position_pnl' | 'premium' | 'commission'
  readonly sign: 1 | -1
  readonly amount: string
}

/** balance = pre_balance + deposit − withdraw + close_pnl + position_pnl + premium − commission. */
export function termsOf(account: Account): BalanceTerm[] {
  const signs = { pre_balance: 1, deposit: 1, withdraw: -1, close_pnl: 1, position_pnl: 1, premium: 1, commission: -1 } as const
  return (Object.keys(signs) as BalanceTerm['name'][]).map((name) => ({ name, sign: signs[name], amount: account[name] }))
}

/** What the terms add up to: shown beside the desk's own figure, and equal to it. */
export function balanceOf(account: Account): Exact {
  return termsOf(account).reduce((total, term) => plus(total, { units: exact(term.amount).units * BigInt(term.sign), scale: exact(term.amount).scale }), ZERO)
}

/** Margin ÷ balance (风险度); `null` where there is no balance. */
export function riskRatioOf(account: Account): Exact | null {
  const balance = exact(account.balance)
  return balance.units > 0n ? divide(exact(account.margin), balance, 6) : null
}
