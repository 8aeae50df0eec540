// An instruction while it is written: what each line asks for in lots, seen against what is held now; and the words in
// which the book and the gate are asked. The book rounds and refuses by itself when it gets the draft.

import type { Side } from '../api/types'
import { divide, exact, parse, plain, sum, times, type Exact } from '../desk/exact'
import type { Account, Position } from '../desk/types'
import type { BasketLine } from './basket'
import type { BookInstruction, Wish } from './types'

export const WAYS = ['target', 'delta', 'weight'] as const
export type Way = (typeof WAYS)[number]

export interface DraftLine {
  /** Stays with the row of the form, whatever is written into it. */
  readonly key: number
  readonly instrumentId: string
  /** The contract in the writer's words, until it is found. */
  readonly typed: string
  readonly way: Way
  readonly value: string
  readonly limitPrice: string
}

/** What the numbers of a line are counted with. */
export interface Ground {
  /** Lots held, long − short. */
  readonly current: number
  readonly multiplier: number
  readonly price: Exact | null
  /** Of the account or the product, by which weights are parts. */
  readonly equity: Exact | null
}

export interface Counted {
  readonly target: number | null
  readonly delta: number | null
  readonly problem: 'none' | 'no_contract' | 'no_number' | 'no_whole_number' | 'no_change' | 'no_price' | 'bad_limit' | 'twice'
}

const MOST_LOTS = 1_000_000

/** Whose positions an instruction changes. */
export interface Owner {
  readonly account: string
  readonly product: string
  readonly strategy: string
}

/** Without product and strategy the account's own book is meant, with a product alone all of the product's. */
export function isOwners(book: string, { product, strategy }: Owner): boolean {
  if (strategy !== '') return book === `${product}/${strategy}`
  return product === '' ? book === '' : book.split('/')[0] === product
}

/** Lots held of a contract, long − short. */
export function netOf(positions: readonly Position[], owner: Owner, instrumentId: string): number {
  return positions
    .filter((each) => each.account_id === owner.account && each.instrument_id === instrumentId && isOwners(each.book, owner))
    .reduce((total, each) => total + (each.direction === 'long' ? 1 : -1) * (each.today + each.yesterday), 0)
}

/** What weights are parts of: the account's balance, or that of the product's books in it. */
export function equityOf(accounts: readonly Account[], owner: Owner, basis: 'account' | 'product'): Exact | null {
  const meant = basis === 'product' ? owner : { ...owner, product: '', strategy: '' }
  const found = accounts.filter((each) => each.account_id === owner.account && isOwners(each.book, meant))
  return found.length === 0 ? null : sum(found.map((each) => each.balance))
}

export function countOf(line: DraftLine, ground: Ground): Counted {
  const nothing = (problem: Counted['problem']): Counted => ({ target: null, delta: null, problem })
  if (line.instrumentId === '') return nothing('no_contract')
  if (line.limitPrice.trim() !== '' && (parse(line.limitPrice)?.units ?? 0n) <= 0n) return nothing('bad_limit')
  const value = parse(line.value.trim())
  if (value === null) return nothing('no_number')
  const target = line.way === 'weight' ? weighed(value, ground) : wholeOf(value)
  if (target === null) return nothing(line.way === 'weight' ? 'no_price' : 'no_whole_number')
  const delta = line.way === 'delta' ? target : target - ground.current
  return { target: ground.current + delta, delta, problem: delta === 0 ? 'no_change' : 'none' }
}

function wholeOf(value: Exact): number | null {
  const lots = Number(plain(value))
  return Number.isInteger(lots) && Math.abs(lots) <= MOST_LOTS ? lots : null
}

/** Lots that make this part of the equity, towards zero to whole ones. */
function weighed(weight: Exact, { price, equity, multiplier }: Ground): number | null {
  if (price === null || equity === null || price.units <= 0n) return null
  const lots = divide(times(weight, equity), times(price, exact(multiplier)), 8)
  return lots === null ? null : Math.trunc(Number(plain(lots)))
}

/** Lines that can be asked for, each contract once. */
export function problemsOf(lines: readonly DraftLine[], groundOf: (instrumentId: string) => Ground): Counted[] {
  const seen = new Set<string>()
  return lines.map((line) => {
    const isTwice = line.instrumentId !== '' && seen.has(line.instrumentId)
    seen.add(line.instrumentId)
    const counted = countOf(line, groundOf(line.instrumentId))
    return isTwice ? { ...counted, problem: 'twice' } : counted
  })
}

export function wishesOf(lines: readonly DraftLine[]): Wish[] {
  return lines.map(({ instrumentId, way, value, limitPrice }) => {
    const number = parse(value.trim()) ?? exact('0')
    const limit = parse(limitPrice)
    return {
      instrument_id: instrumentId,
      ...(way === 'weight' ? { weight: plain(number) } : { [way]: Number(plain(number)) }),
      ...(limit === null ? {} : { limit_price: plain(limit) }),
    }
  })
}

export interface AskedLine {
  readonly instrument_id: string
  readonly side: Side
  readonly quantity: number
  readonly execution?: { readonly limit_price: string }
}

/** The same as orders, for the gate's own judgement before anything is written. */
export function askedOf(lines: readonly DraftLine[], counted: readonly Counted[]): AskedLine[] {
  return lines.flatMap((line, at) => {
    const { delta, problem } = counted[at]!
    if (problem !== 'none' || delta === null) return []
    const limit = parse(line.limitPrice)
    return [
      {
        instrument_id: line.instrumentId,
        side: delta > 0 ? 'buy' : 'sell',
        quantity: Math.abs(delta),
        ...(limit === null ? {} : { execution: { limit_price: plain(limit) } }),
      },
    ]
  })
}

let lastKey = 0

export function emptyLine(changes: Partial<DraftLine> = {}): DraftLine {
  lastKey += 1
  return { key: lastKey, instrumentId: '', typed: '', way: 'target', value: '', limitPrice: '', ...changes }
}

/** Nothing was written into it yet: it is not wrong, and not asked for. */
export function isBlank(line: DraftLine): boolean {
  return line.instrumentId === '' && line.typed.trim() === '' && line.value === ''
}

/** Contracts may come after somebody wrote their names: those are looked up again. The same lines where nothing is found. */
export function lookedUp(lines: readonly DraftLine[], contractOf: (text: string) => string | undefined): readonly DraftLine[] {
  const found = lines.map((line) => {
    const instrumentId = line.instrumentId === '' ? contractOf(line.typed) : undefined
    return instrumentId === undefined ? line : { ...line, instrumentId, typed: '' }
  })
  return found.some((line, at) => line !== lines[at]) ? found : lines
}

export function linesOfBasket(lines: readonly BasketLine[]): DraftLine[] {
  return lines.map((line) => emptyLine(line))
}

/** The lines of an instruction that stands, as its amendment begins. */
export function linesOf(instruction: BookInstruction): DraftLine[] {
  return instruction.adjustments.map((each) =>
    emptyLine({ instrumentId: each.instrument_id, way: 'target', value: String(each.adjusted_position), limitPrice: each.limit_price ?? '' }),
  )
}

export interface Difference {
  readonly instrumentId: string
  /** Lots wanted in the version that was looked at and in the newest; `null`: not in it. */
  readonly before: number | null
  readonly after: number | null
}

function wantedBy(instruction: BookInstruction): Map<string, number> {
  return new Map(instruction.adjustments.map((each) => [each.instrument_id, each.adjusted_position]))
}

/** What somebody else changed while one was writing: contract by contract. */
export function differencesOf(before: BookInstruction, after: BookInstruction): Difference[] {
  const [old, now] = [wantedBy(before), wantedBy(after)]
  return [...new Set([...old.keys(), ...now.keys()])]
    .map((instrumentId) => ({ instrumentId, before: old.get(instrumentId) ?? null, after: now.get(instrumentId) ?? null }))
    .filter((each) => each.before !== each.after)
}
