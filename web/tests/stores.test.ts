import { expect, test } from 'vitest'
import { isOwnPath, routeOf } from '../src/app/router'
import { fill, hasKey } from '../src/i18n'
import { en } from '../src/i18n/en'
import { parseReason, sayReason } from '../src/i18n/reasons'
import { zh } from '../src/i18n/zh'
import type { Opportunity } from '../src/api/types'
import { EventList } from '../src/state/event_list'
import { findSymbols } from '../src/state/symbol_search'
import { flatten } from '../src/state/system_numbers'
import { reachableUrl } from '@tradewind/client'
import { makeOpportunity } from './builders'

function opportunityList(most = 3): EventList<Opportunity> {
  return new EventList<Opportunity>({
    most,
    idOf: (o) => o.opportunity_id,
    timeOf: (o) => o.updated_at,
    isNewer: (next, known) => next.version >= known.version,
  })
}

test('a newer version replaces its elder and an older one is ignored', () => {
  const list = opportunityList()
  list.add([makeOpportunity({ version: 2, state: 'ACTIVE' })])
  list.add([makeOpportunity({ version: 1, state: 'NEW' })])
  expect(list.items.value.map((o) => o.state)).toEqual(['ACTIVE'])
})

test('the list is bounded and newest first', () => {
  const list = opportunityList(2)
  list.add([1, 3, 2].map((n) => makeOpportunity({ opportunity_id: `o${n}`, updated_at: n })))
  expect(list.items.value.map((o) => o.updated_at)).toEqual([3, 2])
  expect(list.seen.value).toBe(3)
})

test('a snapshot replaces what there was', () => {
  const list = opportunityList()
  list.add([makeOpportunity()])
  list.replace([makeOpportunity({ opportunity_id: 'o2' })])
  expect(list.items.value.map((o) => o.opportunity_id)).toEqual(['o2'])
})

test('a snapshot leaves what was over before, and drops what was open and is no longer there', () => {
  const list = new EventList<Opportunity>({
    most: 9,
    idOf: (o) => o.opportunity_id,
    timeOf: (o) => o.updated_at,
    isOver: (o) => o.state === 'CLOSED',
  })
  list.keep([makeOpportunity({ opportunity_id: 'old', state: 'CLOSED' }), makeOpportunity({ opportunity_id: 'gone' })])
  list.replace([makeOpportunity({ opportunity_id: 'now', updated_at: 5 })])
  expect(list.items.value.map((o) => o.opportunity_id)).toEqual(['now', 'old'])
  expect(list.seen.value).toBe(0)
})

function blanks(text: string): string[] {
  return (text.match(/\{\w+\}/g) ?? []).toSorted()
}

test('both languages fill the same blanks in every sentence', () => {
  for (const [key, text] of Object.entries(zh)) expect(blanks(en[key as keyof typeof zh]), key).toEqual(blanks(text))
})

test('a blank without a value stays visible', () => {
  expect(fill('{a} of {b}', { a: 1 })).toBe('1 of {b}')
})

test('a reason is read into its code and numbers', () => {
  expect(parseReason('rapid_rise change_percent=0.42 window=60s')).toEqual({
    code: 'rapid_rise',
    params: { change_percent: '0.42', window: '60s' },
  })
})

/** The end of a sentence that counts a volume. */
function inUnitsOf(instrumentId: string): string | undefined {
  return sayReason('rapid_rise change_percent=0.42 window=60s volume=9', instrumentId).split('，').at(-1)
}

test('a known reason becomes a sentence and an unknown one keeps its words', () => {
  expect(sayReason('rapid_rise change_percent=0.42 window=60s volume=9', 'rb2601.SHFE')).toBe('60s 内急涨 0.42%，成交 9 手')
  expect(['TSLA.US', '00700.HK', '600519.SSE', 'USDCNY.FX'].map(inUnitsOf)).toEqual(['成交 9 股', '成交 9 股', '成交 9 股', '成交 9 单位'])
  expect(sayReason('closed why=expired silent_s=120', 'rb2601.SHFE')).toBe('120 秒没有新信号，已到期')
  expect(sayReason('closed why=stop price=5265.2 stop=5265.312546', 'rb2601.SHFE')).toBe('价格 5265.2 触及止损 5265.31')
  expect(sayReason('my_plugin level=3', 'rb2601.SHFE')).toBe('my plugin · level 3')
  expect(sayReason('bollinger_reentry mid=93388.00', 'rb2601.SHFE')).toBe('回到布林带内，中轨 93388')
  expect(sayReason('momentum change_percent=-0.632 window=5m', 'rb2601.SHFE')).toBe('5m 内涨跌 −0.632%，量价同向')
  expect(sayReason('combined strategies=4 value=0.9919', 'rb2601.SHFE')).toBe('4 个策略合并得 99.2%')
})

test('only own keys count as words', () => {
  expect(hasKey('nav.market')).toBe(true)
  expect(hasKey('toString')).toBe(false)
})

test('the finder puts the exact code first, then beginnings, then names', () => {
  const list = [
    { id: 'TA605.CZCE', symbol: 'TA605', name: 'PTA605' },
    { id: 'au2604.SHFE', symbol: 'au2604', name: '沪金2604' },
    { id: 'au2606.SHFE', symbol: 'au2606', name: '沪金2606' },
  ]
  expect(findSymbols(list, 'AU26').map((c) => c.symbol)).toEqual(['au2604', 'au2606'])
  expect(findSymbols(list, 'au2606')[0]!.symbol).toBe('au2606')
  expect(findSymbols(list, '金')).toHaveLength(2)
  expect(findSymbols(list, 'zzz')).toEqual([])
})

test('a status report becomes rows of name and figure', () => {
  const report = { tradewind_market_ticks_in_total: { simulator: 1234 }, memory_mb: 71.912345 }
  expect(flatten(report)).toEqual([
    { name: 'market_ticks_in · simulator', text: '1,234' },
    { name: 'memory_mb', text: '71.91' },
  ])
})

test('an address outside the pages is missing, the root is the market', () => {
  expect(routeOf('/').page).toBe('market')
  expect(routeOf('/market/?i=x').query.get('i')).toBe('x')
  expect(routeOf('/nowhere').page).toBe('office')
})

test('after signing in the page goes to its own addresses only', () => {
  expect(isOwnPath('/market?i=x')).toBe(true)
  for (const foreign of ['//evil.example', 'https://evil.example', '/\\evil.example', '']) expect(isOwnPath(foreign)).toBe(false)
})

test('the push server is reached by the name the page was opened by', () => {
  expect(reachableUrl('ws://127.0.0.1:8100/ws', 'http://localhost:8888')).toBe('ws://localhost:8100/ws')
  expect(reachableUrl('ws://127.0.0.1:8100/ws', 'https://desk.example')).toBe('ws://127.0.0.1:8100/ws')
  expect(reachableUrl('wss://desk.example/ws', 'http://localhost:8888')).toBe('wss://desk.example/ws')
  expect(reachableUrl('/ws', 'http://localhost:8888')).toBe('ws://localhost:8888/ws')
  expect(reachableUrl('/ws', 'https://desk.example')).toBe('wss://desk.example/ws')
})
