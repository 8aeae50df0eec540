// One sentence for one alert, from its kind and numbers.

import type { RiskAlert } from '../api/types'
import { figures } from '../format/numbers'
import { t, tCode, type Params } from './index'

export function sayKind(kind: string): string {
  return tCode('alert.kind', kind, undefined, kind.replaceAll('_', ' '))
}

export function sayAlert(alert: RiskAlert): string {
  const params: Params = Object.fromEntries(
    Object.entries(alert.params).map(([name, value]) => [name, typeof value === 'number' ? figures(value) : value]),
  )
  const plain = Object.entries(params)
    .map(([name, value]) => `${name} ${value}`)
    .join(' · ')
  return tCode('alert.say', alert.kind, params, plain)
}

export function saySeverity(alert: RiskAlert): string {
  return t(`severity.${alert.severity}`)
}
