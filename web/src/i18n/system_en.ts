// Words of the system page in English: the same keys as system_zh.ts, no more and no fewer.

import type { systemZh } from './system_zh'

export const systemEn: Readonly<Record<keyof typeof systemZh, string>> = {
  'rate.ticks_in': 'Ticks in',
  'rate.ticks_clean': 'Ticks accepted',
  'rate.ticks_rejected': 'Ticks rejected',
  'rate.features': 'Features',
  'rate.signals': 'Signals',
  'rate.opportunities': 'Opportunities',
  'rate.alerts': 'Alerts',
  'rate.push_messages': 'Push messages',
  'rate.api_requests': 'API requests',
}
