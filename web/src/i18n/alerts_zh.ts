// 风险预警的文字：种类，和每种的一句话。

export const alertsZh = {
  'alert.kind.low_confidence': '置信度偏低',
  'alert.kind.weak_momentum': '动能不足',
  'alert.kind.negative_reversal': '反向回撤',
  'alert.kind.volatility_burst': '波动骤增',
  'alert.kind.stale_data': '行情停更',
  'alert.kind.near_limit': '逼近涨跌停',
  'alert.kind.crowded_signal': '信号拥挤',
  'alert.say.low_confidence': '机会的置信度只有 {actual}，低于 {limit}',
  'alert.say.weak_momentum': '机会的强度只有 {actual}，低于 {limit}',
  'alert.say.negative_reversal': '价格自最有利的 {best_price} 回撤 {actual}，超过 {limit}',
  'alert.say.volatility_burst': '{window} 窗口的波动 {actual}，平时 {usual}，超过 {limit}',
  'alert.say.stale_data': '已 {actual} 秒没有新行情，超过 {limit} 秒',
  'alert.say.near_limit': '距{which}停 {price} 只有 {distance}，不足 {allowed}',
  'alert.say.crowded_signal': '{within_s} 秒内 {actual} 个策略同向{side}，达到 {limit} 个',
  'alert.say.crowded_signal_market': '{actual} 个合约同时{side}，超过 {limit} 个',
  'alert.word.up': '涨',
  'alert.word.down': '跌',
  'alert.word.buy': '做多',
  'alert.word.sell': '做空',
} as const
