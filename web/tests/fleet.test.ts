// The fleet: what the page decides by itself about jobs, modules, schedules and results.
import { expect, test } from 'vitest'
import { ApiError } from '../src/api/client'
import { badCodesOf, cadenceFault, codesOf, draftOf, emptyDraft, faultOf, kindsOf, labelsIn, meantFor, planOf } from '../src/fleet/plan'
import { addressOf } from '../src/fleet/places'
import { readingOf, shortOf } from '../src/fleet/results'
import { isSwitchedOff } from '../src/fleet/store'
import type { Module } from '../src/fleet/types'
import { livenessOf, sayAgo, sayCadence, sayCodes, sayTook, sayWhat, sayWhom, versionOf } from '../src/fleet/words'

const S = 1_000_000_000

function makeModule(changes: Partial<Module> = {}): Module {
  return {
    module_id: 'm1', name: '东京', description: '', state: 'online', labels: ['hk'], program: 'd41d8cd98f00b204e9800998ecf8427e', instance: 'c1', peer: '127.0.0.1',
    registered_at: 1, connected_at: 1, seen_at: 100 * S, load: 0, told: {}, done: 0, failed: 0, last_job_id: '', last_job_at: 0, version: 1, ...changes,
  }
}

test('codes are taken from any list, once each, in capitals', () => {
  expect(codesOf(' tsla.us, AAPL.US；00700.hk、tsla.us\nusdcny')).toEqual(['TSLA.US', 'AAPL.US', '00700.HK', 'USDCNY'])
})

test.for(['../ETC', 'A/B', 'TSLA.US.', 'ABCDEFGHIJKLM', '行情', 'A.B.C.D'])('%s is no code', (text) => {
  expect(badCodesOf([text])).toEqual([text])
})

test.for([
  [{ codes: '' }, 'noCodes'],
  [{ codes: 'a/b' }, 'badCode'],
  [{ codes: Array.from({ length: 2001 }, (_, k) => `A${k}`).join(' ') }, 'tooManyCodes'],
  [{ codes: 'A', whom: 'modules' }, 'noModules'],
  [{ codes: 'A', whom: 'label' }, 'noLabel'],
  [{ codes: 'A', whom: 'label', label: 'h k' }, 'badLabel'],
  [{ codes: 'A', timeout: 4 }, 'timeout'],
  [{ codes: 'A', attempts: 1.5 }, 'attempts'],
  [{ codes: 'A', kind: 'kline', count: 501 }, 'barCount'],
  [{ codes: 'A', kind: 'stream', duration: -1 }, 'duration'],
] as const)('a job that cannot be sent says what is wrong: %o', ([changes, fault]) => {
  expect(faultOf(emptyDraft(changes))?.key).toBe(fault)
})

test('a plan is written out for one way of choosing modules, and read back as it was', () => {
  const draft = emptyDraft({ codes: 'TSLA.US', whom: 'label', label: 'hk', modules: ['m1'], spread: 'each' })
  expect(faultOf(draft)).toBeNull()
  const plan = planOf(draft)
  expect([plan.modules, plan.label]).toEqual([[], 'hk'])
  expect(planOf(draftOf(plan))).toEqual(plan)
})

test('what only some kinds have is checked and said with them alone', () => {
  expect(faultOf(emptyDraft({ codes: 'A', count: 0, duration: -1 }))).toBeNull()
  expect(planOf(emptyDraft({ codes: 'A', kind: 'depth', collection: 'close' })).collection).toBe('realtime')
  const bars = planOf(emptyDraft({ codes: 'A', kind: 'kline', bar: '1d', count: 30 }))
  expect(sayWhat(bars)).toBe('K 线 · 日线 · 每个 30 根')
  expect(sayWhat(planOf(emptyDraft({ codes: 'A', kind: 'stream', watch: 'kline', bar: '5m', duration: 90 })))).toContain('持续接收 · K 线 · 5 分钟')
  expect(sayWhat(planOf(emptyDraft({ codes: 'A', kind: 'stream' })))).toBe('持续接收 · 成交 · 直到取消')
  expect(sayWhat(planOf(emptyDraft({ codes: 'A', collection: 'close' })))).toBe('行情 · 收盘')
})

test('a job goes to admitted modules alone, those that are away too', () => {
  const fleet = [makeModule(), makeModule({ module_id: 'm2', state: 'offline', labels: [] }), makeModule({ module_id: 'm3', state: 'pending' })]
  const ids = (changes: Parameters<typeof emptyDraft>[0]): readonly string[] => meantFor(emptyDraft(changes), fleet).map((each) => each.module_id)
  expect(ids({})).toEqual(['m1', 'm2'])
  expect(ids({ whom: 'label', label: 'hk' })).toEqual(['m1'])
  expect(ids({ whom: 'modules', modules: ['m2', 'm3'] })).toEqual(['m2'])
})

test('kinds are those that the server sends, and what a job has that was written before', () => {
  expect(kindsOf(['quotes', 'depth'], 'quotes')).toEqual(['quotes', 'depth'])
  expect(kindsOf(['quotes'], 'depth')).toEqual(['quotes', 'depth'])
})

test('labels are read from what is typed', () => {
  expect(labelsIn('hk, night hk')).toEqual({ labels: ['hk', 'night'], bad: '', areTooMany: false })
  expect(labelsIn('夜盘').bad).toBe('夜盘')
})

test.for([
  [{ every: 'cron', cron: '15 15 * * 1-5', zone: 'Asia/Shanghai' }, null],
  [{ every: 'cron', cron: '15 15 * *', zone: 'Asia/Shanghai' }, 'cron'],
  [{ every: 'cron', cron: '* * * * *', zone: '上海' }, 'zone'],
  [{ every: 'trading_day', instrument_id: 'au2512.SHFE', anchor: 'close', minutes: 10 }, null],
  [{ every: 'trading_day', instrument_id: '', anchor: 'close', minutes: 10 }, 'instrument'],
  [{ every: 'trading_day', instrument_id: 'au2512.SHFE', anchor: 'open', minutes: 601 }, 'minutes'],
] as const)('a cadence is looked at as it is written: %o', ([cadence, fault]) => {
  expect(cadenceFault(cadence)).toBe(fault)
})

test('a module of whom nothing was noted for long is not called online', () => {
  expect(livenessOf(makeModule(), 110_000)).toBe('online')
  expect(livenessOf(makeModule(), 131_000)).toBe('quiet')
  expect(livenessOf(makeModule({ state: 'offline' }), 131_000)).toBe('offline')
})

test('times are told as people tell them, and none lies in the future', () => {
  expect([sayAgo(0, 5000), sayAgo(9 * S, 5000), sayAgo(1 * S, 61_000)]).toEqual(['从未', '刚刚', '1m00s 前'])
  expect([sayTook(0, 0, 5), sayTook(1 * S, 1.25 * S, 0), sayTook(1 * S, 0, 6000)]).toEqual(['', '250 ms', '5s'])
})

test('the version is the release, or the beginning of what the program weighs in at', () => {
  expect([versionOf(makeModule()), versionOf(makeModule({ told: { release: '1.2.0' } }))]).toEqual(['d41d8cd9', '1.2.0'])
})

test('whom a job goes to, its codes and its time are said in words', () => {
  const plan = planOf(emptyDraft({ codes: 'A B C D E', whom: 'modules', modules: ['m1'] }))
  expect([sayWhom(plan, [makeModule()]), sayWhom({ ...plan, modules: [] }, []), sayCodes(plan.codes)]).toEqual(['东京', '所有模块，谁有空谁做', 'A B C D 等 5 个'])
  expect(sayCadence({ cadence: { every: 'trading_day', instrument_id: 'au2512.SHFE', anchor: 'close', minutes: 10 } })).toBe('au2512.SHFE 收盘后 10 分钟')
})

test('a result of any shape becomes figures and tables', () => {
  const result = { stored: 2, refused: { 'X.US': 'no rights' }, quotes: [{ code: 'TSLA.US', price: 1 }, { code: 'USDCNY' }], empty: [], note: null }
  const { figures, tables } = readingOf(result)
  expect(figures).toEqual([{ name: 'stored', text: '2' }])
  expect(tables).toEqual([
    { name: 'refused', columns: ['', 'refused'], rows: [['X.US', 'no rights']] },
    { name: 'quotes', columns: ['code', 'price'], rows: [['TSLA.US', '1'], ['USDCNY', '']] },
  ])
  expect(shortOf(result)).toBe('stored 2 · refused ×1 · quotes ×2')
  expect([shortOf(null), shortOf('done'), shortOf([1, 2])]).toEqual(['', 'done', '×2'])
})

test('a control server that is off is told apart from one that is away', () => {
  expect(isSwitchedOff(new ApiError(503, 'switched_off', '这里没有控制服务器'))).toBe(true)
  expect(isSwitchedOff(new ApiError(503, 'transient', 'control.enabled is on, but its store is away'))).toBe(false)
})

test('the drawer has an address of its own beside its list', () => {
  expect(addressOf('jobs', { job: 'j1' })).toBe('/fleet?tab=jobs&job=j1')
})
