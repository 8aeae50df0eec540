// What a quantity counts: lots of a contract, shares, units of a pair's first currency; and what it is called.

import { t, type Key } from './index'

type Unit = 'lots' | 'shares' | 'money'

const SHARE_MARKETS: ReadonlySet<string> = new Set(['US', 'HK', 'SSE', 'SZSE'])

function countedIn(instrumentId: string): Unit {
  const exchange = instrumentId.split('.').at(-1) ?? ''
  if (exchange === 'FX') return 'money'
  return SHARE_MARKETS.has(exchange) ? 'shares' : 'lots'
}

export const unitOf = (instrumentId: string): Key => `unit.${countedIn(instrumentId)}`
/** `手`, `股`, `单位`. */
export const sayUnit = (instrumentId: string): string => t(unitOf(instrumentId))
export const sayCount = (count: number, instrumentId: string): string => t('desk.count', { count, unit: sayUnit(instrumentId) })
/** `手数`, `股数`, `数量`: what a field is called that takes one. */
export const quantityName = (instrumentId: string): string => t(`quantity.${countedIn(instrumentId)}`)
