import { expect, test } from 'vitest'
import { Act, ApiError, newKey, Rest, Tradewind } from '../src/index'

interface Sent {
  readonly address: string
  readonly request: RequestInit & { readonly headers: Readonly<Record<string, string>> }
}

/** Answers one after the other, then nobody is there. */
function answering(...answers: readonly (Response | Error)[]): { readonly sent: Sent[]; readonly fetch: (address: string, request: RequestInit) => Promise<Response> } {
  const sent: Sent[] = []
  const left = [...answers]
  const fetch = async (address: string, request: RequestInit): Promise<Response> => {
    sent.push({ address, request } as Sent)
    const answer = left.shift() ?? new Error('nobody there')
    if (answer instanceof Error) throw answer
    return answer
  }
  return { sent, fetch }
}

function refusal(status: number, code = 'unavailable'): Response {
  return Response.json({ error: { code, message: 'the database is away' } }, { status })
}

test('a program sends its token, and asks below the address it was given', async () => {
  const { sent, fetch } = answering(Response.json([]))
  await new Tradewind({ url: 'https://desk.example/tradewind/', token: 'tw_x', fetch }).quotes()
  expect(sent[0]!.address).toBe('https://desk.example/tradewind/api/v1/quotes')
  expect(sent[0]!.request.headers['Authorization']).toBe('Bearer tw_x')
})

test('what changes something carries the token of the session against forged requests', async () => {
  const { sent, fetch } = answering(Response.json({ identity: 'lin', csrf: 'c1' }), Response.json([]), Response.json({}))
  const house = new Tradewind({ url: 'http://desk', fetch })
  await house.signIn({ username: 'lin', password: 'secret' })
  await house.positions()
  await house.stopPlan('rise').run()
  expect(sent.map(({ request }) => request.headers['X-CSRF-Token'])).toEqual([undefined, undefined, 'c1'])
})

test('a refusal says its code, its status and its sentence', async () => {
  const { fetch } = answering(refusal(409, 'state_conflict'))
  const failure = await new Tradewind({ url: 'http://desk', fetch }).positions().catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(ApiError)
  expect(failure).toMatchObject({ status: 409, code: 'state_conflict', message: 'the database is away', isOutcomeUnknown: false })
})

test('an answer that is cut off, or is no JSON, is no answer', async () => {
  const { fetch } = answering(new Error('cut'), new Response('{"half":'))
  const rest = new Rest({ addressOf: (path) => path, fetch })
  for (let asked = 0; asked < 2; asked += 1) {
    const failure = await rest.get('/x').catch((error: unknown) => error)
    expect(failure).toMatchObject({ status: 0, code: 'unreachable', isAbsent: true, isOutcomeUnknown: true })
  }
})

test('nothing is sent before an act is run, and a repeat carries the same key', async () => {
  const { sent, fetch } = answering(new Error('cut'), Response.json({ status: 'working' }))
  const act = new Tradewind({ url: 'http://desk', fetch }).order({
    account_id: 'paper', instrument_id: 'au2604.SHFE', side: 'buy', quantity: 2, limit_price: '947.52', reason: 'rebalance',
  })
  expect(sent).toEqual([])
  await expect(act.run()).rejects.toThrow('cut')
  await act.run()
  expect(sent.map(({ request }) => request.headers['Idempotency-Key'])).toEqual([act.key, act.key])
  expect(JSON.parse(String(sent[0]!.request.body))).toEqual({
    account_id: 'paper',
    lines: [{ instrument_id: 'au2604.SHFE', side: 'buy', quantity: 2, execution: { limit_price: '947.52' } }],
    reason: 'rebalance',
  })
})

test('a lost answer is asked for again along the ladder, with the same key', async () => {
  const { sent, fetch } = answering(new Error('cut'), refusal(503), Response.json({ status: 'done' }))
  const waits: number[] = []
  const act = new Act(new Rest({ addressOf: (path) => path, fetch }), '/api/v1/close', {})
  await expect(act.settle(5, async (ms) => waits.push(ms))).resolves.toEqual({ status: 'done' })
  expect(new Set(sent.map(({ request }) => request.headers['Idempotency-Key']))).toEqual(new Set([act.key]))
  expect(waits).toHaveLength(2)
  expect(waits[1]!).toBeGreaterThan(waits[0]!)
})

test('a refusal is told at once, and a server that stays away after the last try', async () => {
  const { sent, fetch } = answering(refusal(422), new Error('cut'), new Error('cut'))
  const rest = new Rest({ addressOf: (path) => path, fetch })
  await expect(new Act(rest, '/a', {}).settle(3, async () => undefined)).rejects.toMatchObject({ status: 422 })
  expect(sent).toHaveLength(1)
  await expect(new Act(rest, '/a', {}).settle(2, async () => undefined)).rejects.toMatchObject({ status: 0 })
  expect(sent).toHaveLength(3)
})

test('a key that was kept makes the same act in another life of the program', () => {
  const house = new Tradewind({ url: 'http://desk' })
  const { key } = house.startPlan('rise')
  expect(house.startPlan('rise', key).key).toBe(key)
  expect(newKey()).toMatch(/^[0-9a-f]{32}$/)
  expect(newKey()).not.toBe(newKey())
})

test('a record is read page by page to its end', async () => {
  const { sent, fetch } = answering(
    Response.json({ rows: [{ id: 1 }, { id: 2 }], next: '2' }),
    Response.json({ rows: [{ id: 3 }], next: '' }),
  )
  const rows = []
  for await (const row of new Tradewind({ url: 'http://desk', fetch }).records('trades', { where: 'side=buy', limit: 2 })) rows.push(row['id'])
  expect(rows).toEqual([1, 2, 3])
  expect(sent.map(({ address }) => address)).toEqual([
    'http://desk/api/v1/records/trades?where=side%3Dbuy&limit=2',
    'http://desk/api/v1/records/trades?where=side%3Dbuy&limit=2&after=2',
  ])
})

test('live data in the clear is refused where the questions are not', async () => {
  const { fetch } = answering(Response.json({ csrf: '', push_url: 'ws://desk.example:8100/ws' }))
  const house = new Tradewind({ url: 'https://desk.example', token: 'tw_x', fetch })
  await expect(house.feed()).rejects.toThrow('set api.push_url to its wss address')
})
