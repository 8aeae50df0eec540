// Alerts that say the same again: those of one contract and kind within a minute are one row with a count. Pure.

import type { RiskAlert } from '../api/types'
import { SEVERITIES } from '../app/settings'

export interface AlertFold {
  /** That of its first alert: the row stays itself while more join it. */
  readonly id: string
  readonly newest: RiskAlert
  readonly count: number
  /** The worst among them: folding must hide no emergency. */
  readonly severity: RiskAlert['severity']
}

const SPAN_NS = 60e9

/** Folds a list whose newest comes first; a fold stands where its newest alert stood. */
export function foldAlerts(alerts: readonly RiskAlert[]): AlertFold[] {
  const open = new Map<string, { first: RiskAlert; fold: AlertFold }>()
  const folds = new Map<string, AlertFold>()
  for (const alert of alerts.toReversed()) {
    const key = `${alert.kind} ${alert.instrument_id}`
    const before = open.get(key)
    const isMore = before !== undefined && alert.ts_event - before.first.ts_event < SPAN_NS
    const first = isMore ? before.first : alert
    const fold = isMore
      ? { ...before.fold, newest: alert, count: before.fold.count + 1, severity: worse(before.fold.severity, alert.severity) }
      : { id: alert.alert_id, newest: alert, count: 1, severity: alert.severity }
    open.set(key, { first, fold })
    // What has grown moves to the end, which is the newest.
    folds.delete(first.alert_id)
    folds.set(first.alert_id, fold)
  }
  return [...folds.values()].toReversed()
}

function worse(one: RiskAlert['severity'], other: RiskAlert['severity']): RiskAlert['severity'] {
  return SEVERITIES.indexOf(one) >= SEVERITIES.indexOf(other) ? one : other
}
