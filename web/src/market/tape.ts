// The last trades of one instrument, told from one quote to the next: what was traded, which side struck, and whether
// positions were opened or closed by it. A snapshot market shows sums: a line is one quote's trades together. Pure.

export type Nature = 'openLong' | 'openShort' | 'closeLong' | 'closeShort' | 'swapLong' | 'swapShort' | 'openBoth' | 'closeBoth' | 'none'

export interface TapeQuote {
  readonly ms: number
  readonly price: number
  /** Totals of the day. */
  readonly volume: number
  readonly openInterest: number
  readonly bid: number
  readonly ask: number
}

export interface TapeLine {
  readonly key: number
  readonly ms: number
  readonly price: number
  readonly quantity: number
  /** 1: buyers struck the ask; −1: sellers struck the bid; 0: in between. */
  readonly side: -1 | 0 | 1
  readonly interest: number
  readonly nature: Nature
}

const MOST = 200

export class Tape {
  lines: TapeLine[] = []
  private last: TapeQuote | null = null
  private count = 0

  /** `hasInterest`: only futures open and close. Returns true when a trade was told. */
  add(quote: TapeQuote, hasInterest: boolean): boolean {
    const before = this.last
    this.last = quote
    if (before === null || quote.ms < before.ms) return false
    const quantity = quote.volume - before.volume
    if (!(quantity > 0)) return false
    const side = sideOf(quote, before)
    const interest = hasInterest && Number.isFinite(quote.openInterest - before.openInterest) ? quote.openInterest - before.openInterest : 0
    this.count += 1
    const line = { key: this.count, ms: quote.ms, price: quote.price, quantity, side, interest, nature: hasInterest ? natureOf(quantity, interest, side) : 'none' } as const
    this.lines = [line, ...this.lines].slice(0, MOST)
    return true
  }

  clear(): void {
    this.lines = []
    this.last = null
  }
}

/** Against the book as it stood before the trade, as exchanges' terminals tell it; without a book by the price's move. */
function sideOf(quote: TapeQuote, before: TapeQuote): -1 | 0 | 1 {
  if (before.ask > 0 && quote.price >= before.ask) return 1
  if (before.bid > 0 && quote.price <= before.bid) return -1
  return Math.sign(quote.price - before.price) as -1 | 0 | 1
}

/** What positions tell: as many new ones as traded is both sides opening, as many gone both closing. */
export function natureOf(quantity: number, interest: number, side: -1 | 0 | 1): Nature {
  if (interest === quantity) return 'openBoth'
  if (interest === -quantity) return 'closeBoth'
  if (side === 0) return 'none'
  if (interest > 0) return side > 0 ? 'openLong' : 'openShort'
  // Who buys to close was short.
  if (interest < 0) return side > 0 ? 'closeShort' : 'closeLong'
  return side > 0 ? 'swapLong' : 'swapShort'
}
