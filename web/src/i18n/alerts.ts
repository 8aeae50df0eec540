// One sentence for one alert, from its kind and numbers.

import type { RiskAlert } from '../api/types'
import { figures, price } from '../format/numbers'
import { digitsOf } from '../state/market'
import { alertsZh } from './alerts_zh'
import { addWords, t, tCode, type Params } from './index'

addWords(alertsZh)

export function sayKind(kind: string): string {
  return tCode('alert.kind', kind, undefined, kind.replaceAll('_', ' '))
}

/** Numbers that are prices of the instrument, and are written with its decimals. */
const PRICES: ReadonlySet<string> = new Set(['best_price', 'entry_price', 'last_price'])

export function sayAlert(alert: RiskAlert): string {
  const digits = digitsOf(alert.instrument_id)
  const say = (name: string, value: number | string): string => {
    if (typeof value !== 'number') return wordOf(value)
    if (PRICES.has(name)) return price(value, digits)
    // The lists beside it show confidence in percent.
    return alert.kind === 'low_confidence' ? `${Number((value * 100).toFixed(1))}%` : figures(value)
  }
  const params: Params = {
    ...Object.fromEntries(Object.entries(alert.params).map(([name, value]) => [name, say(name, value)])),
    price: price(Number(alert.params['limit']), digits),
  }
  const plain = Object.entries(alert.params)
    .map(([name, value]) => `${name} ${wordOf(value)}`)
    .join(' · ')
  const isOfMarket = alert.params['scope'] === 'market'
  return tCode('alert.say', isOfMarket ? `${alert.kind}_market` : alert.kind, params, plain)
}

function wordOf(value: number | string): string {
  return typeof value === 'number' ? figures(value) : tCode('alert.word', value)
}

export function saySeverity(alert: RiskAlert): string {
  return t(`severity.${alert.severity}`)
}
