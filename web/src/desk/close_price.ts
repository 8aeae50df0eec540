// The worst price a close may be done at: so many steps beyond what the other side offers now. Pure.

import type { Instrument, Side } from '../api/types'
import { compare, exact, parse, plain, plus, round } from './exact'

/** How many steps a close may give way; `null`: as many as it takes. */
export const GIVES = [2, 5, 10, 20, null] as const
export type Give = (typeof GIVES)[number]
export const USUAL_GIVE: Give = 10

/** Beyond `bound`, the day's limit on that side, no order is taken; 0 is none. Empty where no price is known or none is set. */
export function worstPrice(side: Side, opposite: string, give: Give, instrument: Instrument | null, bound = ''): string {
  const from = parse(opposite)
  if (from === null || give === null || instrument === null) return ''
  const tick = round(exact(instrument.price_tick), instrument.price_digits)
  const steps = BigInt(side === 'buy' ? give : -give)
  const worst = round(plus(from, { units: tick.units * steps, scale: tick.scale }), instrument.price_digits)
  const last = parse(bound)
  if (last !== null && last.units > 0n && compare(worst, last) * (side === 'buy' ? 1 : -1) > 0) return plain(last)
  return worst.units > 0n ? plain(worst) : opposite
}
