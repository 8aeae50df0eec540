// Words of risk alerts in English: the same keys as alerts_zh.ts, no more and no fewer.

import type { alertsZh } from './alerts_zh'

export const alertsEn: Readonly<Record<keyof typeof alertsZh, string>> = {
  'alert.kind.low_confidence': 'Low confidence',
  'alert.kind.weak_momentum': 'Weak momentum',
  'alert.kind.negative_reversal': 'Reversal',
  'alert.kind.volatility_burst': 'Volatility burst',
  'alert.kind.stale_data': 'Stale data',
  'alert.kind.near_limit': 'Near the limit',
  'alert.kind.crowded_signal': 'Crowded signals',
  'alert.say.low_confidence': 'Confidence {actual}, below {limit}',
  'alert.say.weak_momentum': 'Strength {actual}, below {limit}',
  'alert.say.negative_reversal': 'Back {actual} from its best {best_price}, limit {limit}',
  'alert.say.volatility_burst': 'Volatility of {window} is {actual}, usually {usual}, more than {limit}',
  'alert.say.stale_data': 'No quote for {actual} s, more than {limit} s',
  'alert.say.near_limit': 'Only {distance} from limit {which} {price}, less than {allowed}',
  'alert.say.crowded_signal': '{actual} strategies {side} within {within_s} s, limit {limit}',
  'alert.say.crowded_signal_market': '{actual} instruments {side} at once, more than {limit}',
  'alert.word.up': 'up',
  'alert.word.down': 'down',
  'alert.word.buy': 'long',
  'alert.word.sell': 'short',
}
