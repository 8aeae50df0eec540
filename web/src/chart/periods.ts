// Periods of a chart: what each is called, and how long its bars last.

import type { Period } from '../app/settings'
import { hasKey, t } from '../i18n'

const DAY_MS = 86_400_000

export function periodName(period: Period): string {
  const key = `chart.${period}`
  return hasKey(key) ? t(key) : period
}

/** Milliseconds that a bar lasts. */
export function spanOf(period: Period): number {
  return period === 'W' ? 7 * DAY_MS : period === 'D' ? DAY_MS : Number(period) * 60_000
}
