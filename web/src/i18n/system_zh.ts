// 系统页面的文字。

export const systemZh = {
  'rate.ticks_in': '收到行情',
  'rate.ticks_clean': '有效行情',
  'rate.ticks_rejected': '剔除行情',
  'rate.features': '特征',
  'rate.signals': '信号',
  'rate.opportunities': '机会',
  'rate.alerts': '预警',
  'rate.push_messages': '推送消息',
  'rate.api_requests': '接口请求',
} as const
