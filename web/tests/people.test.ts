// Signing in, grants, chat and notices: what the pages decide by themselves.
import { expect, test, vi } from 'vitest'
import { nextTick } from 'vue'
import { ApiError } from '../src/api/client'
import type { Session } from '../src/api/types'
import { isOf, sumOrNull, tallies, totalOf, workingOf } from '../src/figures/tally'
import type { OrderStatistic, PositionGroup } from '../src/figures/types'
import { plain } from '../src/desk/exact'
import { session } from '../src/app/session'
import { sayPerson } from '../src/people/names'
import { columnsOf, matrixOf, oneTimePassword, tidied } from '../src/people/grants'
import { explain, firstWay, needsCode, passwordFault, rememberWay, tokenOf } from '../src/people/sign_in'
import type { User } from '../src/people/types'
import { channelsOf, chosenOf, minutesOf, timeOf, toggled } from '../src/talk/preferences'
import { mentionAt, partsOf, withMention } from '../src/talk/text'
import type { Preferences } from '../src/talk/types'
import { addressOf, sayNotice } from '../src/talk/words'

const fetched = vi.spyOn(globalThis, 'fetch').mockRejectedValue(new TypeError('nobody is there'))
const rules = { mentions: ['wang.trader'], contractOf: (symbol: string) => (symbol.toLowerCase() === 'rb2605' ? 'rb2605.SHFE' : undefined) }

test('a token is taken out of the whole login link', () => {
  expect([tokenOf(' abc '), tokenOf('http://127.0.0.1:8888/login#abc')]).toEqual(['abc', 'abc'])
})

test('one comes in by the way of the last time, and by the token that the address brings', () => {
  expect([firstWay(false), firstWay(true)]).toEqual(['password', 'token'])
  rememberWay('token')
  expect(firstWay(false)).toBe('token')
  rememberWay('password')
  expect([firstWay(false), firstWay(true)]).toEqual(['password', 'token'])
})

test('a right password that needs a code is no refusal', () => {
  expect(needsCode(new ApiError(401, 'code_needed', ''))).toBe(true)
  expect(needsCode(new ApiError(401, 'wrong_password', ''))).toBe(false)
})

test.for([
  [new ApiError(401, 'wrong_password', ''), 'password', '用户名或密码不对。'],
  [new ApiError(401, 'wrong_code', ''), 'password', '验证码不对、已过期或已用过。'],
  [new ApiError(429, 'too_many_failures', 'too many wrong tries; try again in 8 s'), 'password', '尝试次数过多，请在 8 秒后再试。'],
  [new ApiError(429, 'too_many_requests', 'slow down'), 'token', '尝试次数过多，请稍后再试。'],
  [new ApiError(401, 'bad_token', ''), 'token', '令牌不对，或已被更换。请检查是否完整复制。'],
  [new ApiError(0, 'unreachable', ''), 'password', '连不上服务器'],
] as const)('who is not let in hears why in their words: %o', ([error, way, said]) => {
  expect(explain(error, way)).toBe(said)
})

test('the directory being away is told apart from a wrong password', () => {
  expect(explain(new ApiError(503, 'sign_in_unavailable', 'ldap'), 'password')).toContain('目录服务器')
})

test('a new password is long enough, another one, and written twice alike', () => {
  expect(passwordFault('old', 'short', 'short')).toBe('short')
  expect(passwordFault('the-same-password', 'the-same-password', 'the-same-password')).toBe('same')
  expect(passwordFault('old', 'a-new-password-1', 'a-new-password-2')).toBe('differs')
  expect(passwordFault('old', 'a-new-password-1', 'a-new-password-1')).toBeNull()
})

const user = (username: string, ...grants: User['grants'][number][]): User => ({ username, grants }) as unknown as User
const grant = (role: string, product: string, account = '*'): User['grants'][number] => ({ role, product_code: product, account_id: account })

test('the matrix has a column for every product, and for one that only a grant still names', () => {
  const users = [user('li', grant('fund_manager', 'p1'), grant('viewer', 'gone')), user('zhao', grant('risk_officer', '*'))]
  expect(columnsOf(users, [{ code: 'p2' }, { code: 'p1' }])).toEqual(['*', 'p1', 'p2', 'gone'])
  expect(matrixOf([user('wang', grant('trader', 'p1', '9001'))])[0]?.cells.get('p1')).toEqual([{ role: 'trader', account: '9001' }])
})

test('a grant is kept once, and an empty field is everything', () => {
  expect(tidied([grant('viewer', ''), grant('viewer', '*', ' '), grant('trader', 'p1', '9001')])).toEqual([grant('viewer', '*'), grant('trader', 'p1', '9001')])
})

test('a one-time password has no letters that are taken for others, and no letter is likelier', () => {
  // 255 does not fit evenly and is thrown away.
  const bytes = [255, 0, 53, 54, 1]
  let at = 0
  const made = oneTimePassword((target) => target.map(() => bytes[at++ % bytes.length]!))
  expect(made).toHaveLength(16)
  expect(made.startsWith('A9AB')).toBe(true)
  expect(oneTimePassword()).not.toMatch(/[0OIl1i]/)
})

test('names, instructions and contracts in a message become what they name, the rest stays text', () => {
  expect(partsOf('@wang.trader 看 #B000001，RB2605 和 xx9999 <b>', rules)).toEqual([
    { kind: 'mention', text: '@wang.trader' },
    { kind: 'text', text: ' 看 ' },
    { kind: 'instruction', text: '#B000001', id: 'B000001' },
    { kind: 'text', text: '，' },
    { kind: 'contract', text: 'RB2605', id: 'rb2605.SHFE' },
    { kind: 'text', text: ' 和 xx9999 <b>' },
  ])
})

test('who is not in the room is not named', () => {
  expect(partsOf('@nobody 好', rules)).toEqual([{ kind: 'text', text: '@nobody 好' }])
})

test('a name that was begun is offered and written out', () => {
  expect([mentionAt('好 @wa', 5), mentionAt('a@wa', 4), mentionAt('@', 1)]).toEqual(['wa', null, ''])
  expect(withMention('好 @wa 请看', 5, 'wang.trader')).toEqual({ text: '好 @wang.trader 请看', caret: 15 })
})

const told: Preferences = {
  preferences: { username: 'li', version: 3, wishes: { language: null, channels: { order_rejected: [] }, quiet: 'never', quiet_from: 1320, quiet_until: 420 } },
  kinds: [
    { kind: 'order_rejected', channels: ['page'], is_urgent: false },
    { kind: 'trading_halted', channels: ['page', 'email'], is_urgent: true },
  ],
  has_email: true,
}

test('only what differs from the usual is kept', () => {
  const chosen = chosenOf(told)
  expect(channelsOf(told, chosen)).toEqual({ order_rejected: [] })
  expect(channelsOf(told, toggled(chosen, 'order_rejected', 'page'))).toEqual({})
  expect(channelsOf(told, toggled(chosen, 'trading_halted', 'email'))).toEqual({ order_rejected: [], trading_halted: ['page'] })
})

test('quiet hours are minutes of the day', () => {
  expect([timeOf(1320), timeOf(5), minutesOf('22:00'), minutesOf('24:00'), minutesOf('')]).toEqual(['22:00', '00:05', 1320, null, null])
})

const notice = { kind: 'trading_halted', product_code: '', account_id: '', subject: 'account:paper', actor: 'zhao.risk', params: { scope: 'account', key: 'paper', reason: '异常' } }

test('a notice is a sentence, with its reason, and leads to what it is about', () => {
  expect(sayNotice(notice)).toBe('zhao.risk 停止了交易：账户 paper · 异常')
  expect(sayNotice({ ...notice, actor: '', params: { scope: 'platform' } })).toBe('系统 停止了交易：整个平台')
  expect(addressOf({ ...notice, kind: 'instruction_done', subject: 'B000007' })).toBe('/instructions?id=B000007')
  expect(addressOf({ ...notice, kind: 'instruction_done', subject: 'M:1' })).toBe('/trades')
})

const done = {
  kind: 'instruction_done', product_code: '', account_id: 'paper', subject: 'M:9811b2160b4b5e005afb769088399af0', actor: 'li',
  params: { instrument_id: 'rb2605.SHFE', side: 'buy', offset: 'open', quantity: '2', filled: '2', price: '3147', outcome: 'filled', lines: '1', status: 'done' },
}

test('a ticket that came to its end is told by what it was for, and by whose it was where that is somebody else', () => {
  session.value = { identity: 'li', name: '' } as Session
  expect(sayNotice(done)).toBe('买入开仓 rb2605 2 手 @3147 已全部成交')
  expect(sayNotice({ ...done, actor: 'wang' })).toBe('wang：买入开仓 rb2605 2 手 @3147 已全部成交')
  const part = { ...done.params, side: 'sell', offset: 'close_today', filled: '1', outcome: 'part', reason: 'day_end' }
  expect(sayNotice({ ...done, params: part })).toBe('卖出平今 rb2605 2 手 @3147 部分成交（1 手） · day_end')
  const { price: _, offset: __, ...market } = done.params
  expect(sayNotice({ ...done, params: { ...market, filled: '0', outcome: 'nothing', lines: '3' } })).toBe('买入 rb2605 2 手 等 3 个合约 没有成交')
  expect(sayNotice({ ...done, kind: 'order_rejected', params: { ...done.params, outcome: undefined as never, reason: '资金不足' } })).toBe('委托被拒绝：买入开仓 rb2605 2 手 @3147 · 资金不足')
  session.value = null
})

test('a person is called the same wherever something is told of them', () => {
  expect(['administrator', 'platform', 'wang', ''].map(sayPerson)).toEqual(['管理员（administrator）', '系统', 'wang', ''])
  session.value = { identity: 'meng', name: '孟经理' } as Session
  expect([sayPerson('meng'), sayPerson('wang')]).toEqual(['孟经理（meng）', 'wang'])
  session.value = null
})

test('colleagues are asked for when the first is shown, and called by the names of the page\'s language', async () => {
  fetched.mockClear()
  fetched.mockImplementation(() =>
    Promise.resolve(Response.json([{ username: 'wang', chinese_name: '王芳', english_name: 'Wang Fang' }, { username: 'wu', chinese_name: '', english_name: '' }])),
  )
  session.value = { identity: 'li', name: '' } as Session
  await nextTick()
  expect(sayPerson('wang')).toBe('wang')
  await vi.waitFor(() => expect(sayPerson('wang')).toBe('王芳（wang）'))
  // Of somebody without a name, and of a stranger, nobody is asked again at once.
  expect(['wu', 'zhao'].map(sayPerson)).toEqual(['wu', 'zhao'])
  expect(fetched).toHaveBeenCalledTimes(1)
  session.value = null
  await nextTick()
  expect(sayPerson('wang')).toBe('wang')
})

test('a kind that nobody wrote words for still says all it knows', () => {
  expect(sayNotice({ ...notice, kind: 'new_kind', params: { detail: 'x' } })).toBe('new kind · account:paper · x')
})

const cell = (name: string, changes: Partial<PositionGroup> = {}): PositionGroup => ({
  grouping: 'product', name, account_id: 'paper', product_code: name, positions: 1, long_quantity: 2, short_quantity: 0, net_quantity: 2, gross_quantity: 2,
  delta_lots: '2', delta_value: '100.5', market_value: '100', gross_value: '100', position_pnl: '1.1', floating_pnl: '2', margin: '10', unpriced: 0, version: 1, ts_event: 1, ...changes,
})

test('a group is the sum over its cells, exactly, and what belongs to none comes last', () => {
  const rows = tallies([cell('', {}), cell('p2'), cell('p1', { position_pnl: '0.2' }), cell('p1', { account_id: 'other' }), cell('x', { grouping: 'sector' })], 'product')
  expect(rows.map((row) => row.name)).toEqual(['p1', 'p2', ''])
  expect([plain(rows[0]!.daily), rows[0]!.long, plain(rows[0]!.delta!)]).toEqual(['1.3', 4, '201.0'])
})

test('a sum with an unknown part is unknown', () => {
  expect(totalOf([cell('p1'), cell('p1', { delta_value: null })], 'product').delta).toBeNull()
  expect(sumOrNull([])).toEqual({ units: 0n, scale: 0 })
})

test('a row that does not know its group belongs to none', () => {
  const row = { account_id: 'paper', product_code: 'p1', strategy: 's' }
  expect([isOf('product', 'p1', row), isOf('strategy', 's', row), isOf('trader', 'wang', row), isOf('trader', null, row)]).toEqual([true, true, false, true])
  const orders = [{ ...row, orders: 2, remaining_quantity: 5 }, { ...row, orders: 1, remaining_quantity: 1 }] as unknown as OrderStatistic[]
  expect(workingOf(orders, (each) => each.product_code === 'p1')).toEqual({ orders: 3, lots: 6 })
})
