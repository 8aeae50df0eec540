// One sentence for one alert, from its kind and numbers.

import type { RiskAlert } from '../api/types'
import { figures, price } from '../format/numbers'
import { digitsOf } from '../state/market'
import { t, tCode, type Params } from './index'

export function sayKind(kind: string): string {
  return tCode('alert.kind', kind, undefined, kind.replaceAll('_', ' '))
}

export function sayAlert(alert: RiskAlert): string {
  const params: Params = {
    ...Object.fromEntries(Object.entries(alert.params).map(([name, value]) => [name, wordOf(value)])),
    price: price(Number(alert.params['limit']), digitsOf(alert.instrument_id)),
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
