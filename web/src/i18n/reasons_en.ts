// Words of reasons and strategies in English: the same keys as reasons_zh.ts, no more and no fewer.

import type { reasonsZh } from './reasons_zh'

export const reasonsEn: Readonly<Record<keyof typeof reasonsZh, string>> = {
  'strategy.rapid_rise': 'Rapid move',
  'strategy.momentum': 'Momentum',
  'strategy.mean_reversion': 'Mean reversion',
  'strategy.macd': 'MACD',
  'strategy.rsi': 'RSI',
  'strategy.bollinger': 'Bollinger',
  'strategy.rapid_fall': 'Rapid fall',
  'reason.combined': 'Combined {value} (strategies: {strategies})',
  'reason.agreement': 'Agreement ×{factor}',
  'reason.freshness': 'Freshness ×{factor}',
  'reason.disagreement': 'Against it ×{factor} (strategies: {opposing})',
  'reason.tracking': 'No signal for {silent_s} s: tracking',
  'reason.closed.expired': 'No signal for {silent_s} s: expired',
  'reason.closed.stop': 'Price {price} reached the stop {stop}',
  'reason.closed.opposite_confirmed': 'The opposite side was confirmed',
  'reason.closed.evicted': 'Gave way to a more likely one',
  'reason.closed': 'Closed: {why}',
  'reason.momentum': 'Moved {change_percent}% in {window} with volume',
  'reason.rapid_rise': 'Rose {change_percent}% in {window} on {volume} {unit}',
  'reason.rapid_fall': 'Fell in {window} ({change_percent}%) on {volume} {unit}',
  'reason.mean_reversion': '{zscore} deviations from the {window} mean {mean}',
  'reason.macd_cross': 'MACD crossed its signal line, histogram {histogram}',
  'reason.rsi_return': 'RSI came back from {extreme} to {rsi}',
  'reason.bollinger_breakout': 'Broke out of the Bollinger bands, width {width_percent}%',
  'reason.bollinger_reentry': 'Came back into the Bollinger bands, middle {mid}',
}
