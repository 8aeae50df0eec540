// What a quantity counts: lots of a contract, shares, units of a pair's first currency.

import { t } from './index'

const SHARE_MARKETS: ReadonlySet<string> = new Set(['US', 'HK', 'SSE', 'SZSE'])

export function countedIn(instrumentId: string): 'lots' | 'shares' | 'money' {
  const exchange = instrumentId.split('.').at(-1) ?? ''
  if (exchange === 'FX') return 'money'
  return SHARE_MARKETS.has(exchange) ? 'shares' : 'lots'
}

/** `手`, `股`, `单位`. */
export const sayUnit = (instrumentId: string): string => t(`unit.${countedIn(instrumentId)}`)
