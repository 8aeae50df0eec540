// The packed package against a real platform: what it asks, what it does once, and what it hears through cut lines.
import { beforeAll, expect, test } from 'vitest'
import type * as Package from '../src/node'
import { cutterBefore } from './cutter'

const AU = 'au2604.SHFE'
const CUTS = 3
const ROWS_BETWEEN = 40
const GIVEN = 'given-once-2026'
const CHOSEN = 'chosen-by-herself-2026'

const url = process.env['TW_URL']!
const token = process.env['TW_TOKEN']!
let client: typeof Package
let house: Package.Tradewind

beforeAll(async () => {
  client = (await import(process.env['TW_CLIENT']!)) as typeof Package
  house = new client.Tradewind({ url, token })
})

/** Waits for the state that is asked for. */
function reached(feed: Package.Feed, phase: Package.Phase): Promise<Package.LinkState> {
  return new Promise((told) => {
    if (feed.state.phase === phase) return told(feed.state)
    const end = feed.onState((state) => {
      if (state.phase !== phase) return
      end()
      told(state)
    })
  })
}

async function first<T>(rows: AsyncIterable<T>): Promise<T> {
  for await (const row of rows) return row
  throw new Error('it ended before anything came')
}

test('questions are answered in the fields that the types name', async () => {
  const instruments = await house.instruments()
  expect(instruments.find((one) => one.instrument_id === AU)?.contract_multiplier).toBe(1000)
  expect((await house.quotes()).length).toBe(instruments.length)
  expect((await house.quote(AU)).last_price).toBeGreaterThan(0)
  expect((await house.accounts())[0]!.available).toMatch(/^\d+(\.\d+)?$/)
  expect(await house.tradingStates()).toEqual([])
})

test('what is not there, and what cannot be, is refused by code and sentence', async () => {
  await expect(house.quote('no9999.SHFE')).rejects.toMatchObject({ status: 404, isOutcomeUnknown: false })
  const order = house.order({ account_id: 'paper', instrument_id: AU, side: 'buy', quantity: 0 })
  await expect(order.settle()).rejects.toMatchObject({ status: 422, message: expect.stringContaining('quantity') })
})

test('an order is judged without being sent, and sent once however often it is run', async () => {
  const line = { instrument_id: AU, side: 'buy', quantity: 1 } as const
  const judged = await house.whatIf({ account_id: 'paper', lines: [line] })
  expect(judged.lines[0]!.is_approved).toBe(true)
  const act = house.order({ account_id: 'paper', ...line })
  const [one, again] = [await act.settle(), await act.run()]
  const elsewhere = await new client.Tradewind({ url, token }).order({ account_id: 'paper', ...line }, act.key).run()
  expect(new Set([one, again, elsewhere].map((told) => told.instruction_id)).size).toBe(1)
  const mine = (await house.orders()).filter((order) => order.request.instruction_id === one.instruction_id)
  expect(mine).toHaveLength(1)
  const told = []
  for await (const row of house.records('orders', { limit: 1 })) told.push(row)
  expect(told.filter((row) => row['instruction_id'] === one.instruction_id)).toHaveLength(1)
})

test('the fill of an order is heard live, and its position with it', async () => {
  const feed = await house.feed()
  const act = house.order({ account_id: 'paper', instrument_id: AU, side: 'buy', quantity: 2 })
  let filled = 0
  const fills = feed.each({ topic: 'fills' })
  await fills.next()
  const { instruction_id } = await act.settle()
  for await (const { rows } of fills) {
    for (const fill of rows) if (fill.instruction_id === instruction_id) filled += fill.quantity
    if (filled === 2) break
  }
  const held = await first(feed.each({ topic: 'positions' }))
  expect(held.rows.some((row) => row.instrument_id === AU && row.today >= 2)).toBe(true)
  feed.close()
})

test('every tick comes once and in order though the line is cut again and again', async () => {
  const push = new URL((await house.session()).push_url)
  const cutter = await cutterBefore(Number(push.port))
  const through = `ws://${push.hostname}:${cutter.port}/ws`
  // The server answers to its own name alone.
  const headers = { Authorization: `Bearer ${token}`, Host: push.host }
  const feed = await house.feed({ openSocket: () => client.openNodeSocket(through, headers) })
  const gaps: Package.Gap[] = []
  feed.onGap((gap) => gaps.push(gap))
  const last = new Map<string, number>()
  let rows = 0
  let cuts = 0
  for await (const chunk of feed.each({ topic: 'quotes', mode: 'every' })) {
    for (const tick of chunk.rows) {
      const before = last.get(tick.instrument_id)
      if (before !== undefined) expect(tick.seq).toBe(before + 1)
      last.set(tick.instrument_id, tick.seq)
      rows += chunk.isWhole ? 0 : 1
    }
    if (rows < (cuts + 1) * ROWS_BETWEEN) continue
    if (cuts === CUTS) break
    cuts += 1
    cutter.cut()
    await reached(feed, 'waiting')
    feed.retryNow()
  }
  feed.close()
  cutter.end()
  expect(gaps).toEqual([])
  expect(cutter.connections()).toBe(CUTS + 1)
})

test('a program goes on where its earlier life left off, or is told that it cannot', async () => {
  const feed = await house.feed()
  const { position } = await first(feed.each({ topic: 'quotes', mode: 'every' }))
  feed.close()
  const later = await house.feed()
  const gaps: Package.Gap[] = []
  later.onGap((gap) => gaps.push(gap))
  const chunk = await first(later.each({ topic: 'quotes', mode: 'every', resume: position! }))
  expect(chunk.isWhole).toBe(false)
  expect(gaps).toEqual([])
  const gone = { epoch: 'another-life', offset: 5 }
  const whole = await first(later.each({ topic: 'signals', resume: gone }))
  expect(whole.isWhole).toBe(true)
  expect(gaps).toEqual([{ topic: 'signals', reason: 'not_resumed', after: gone }])
  later.close()
})

test('a wrong token is refused at once by both doors', async () => {
  const stranger = new client.Tradewind({ url, token: 'tw_nobody' })
  await expect(stranger.session()).rejects.toMatchObject({ status: 401, code: 'wrong_key', isSignedOut: true })
  const { push_url } = await house.session()
  const feed = new client.Feed(push_url, { openSocket: (at) => client.openNodeSocket(at, { Authorization: 'Bearer tw_nobody' }) })
  feed.open()
  expect(await reached(feed, 'signed-out')).toMatchObject({ code: 4401 })
  feed.close()
})

test('somebody signs in by name, makes a key, and a program follows with it until it is revoked', async () => {
  const user = { username: 'lin', password: GIVEN, grants: [{ role: 'viewer' }] }
  await house.rest.post('/api/v1/admin/users', user, client.newKey())
  const person = new client.Tradewind({ url })
  await person.signIn({ username: 'lin', password: GIVEN })
  await person.rest.post('/api/v1/me/password', { password: GIVEN, new_password: CHOSEN })
  expect((await person.session()).identity).toBe('lin')
  const seen = await person.feed()
  expect((await first(seen.each({ topic: 'quotes' }))).rows.length).toBeGreaterThan(0)
  seen.close()
  const made = await person.rest.post<{ secret: string; key: { key_id: string } }>(
    '/api/v1/me/keys', { name: 'watch', permissions: ['market'], days: 1 }, client.newKey(),
  )
  const program = new client.Tradewind({ url, token: made.secret })
  const feed = await program.feed()
  await reached(feed, 'live')
  await expect(program.order({ account_id: 'paper', instrument_id: AU, side: 'buy', quantity: 1 }).run()).rejects.toMatchObject({ status: 403 })
  await person.rest.remove(`/api/v1/me/keys/${made.key.key_id}`)
  expect(await reached(feed, 'signed-out')).toMatchObject({ code: 4401 })
  feed.close()
  await person.signOut()
  await expect(person.session()).rejects.toMatchObject({ status: 401 })
})

test('an emergency stop refuses orders until it is released', async () => {
  expect((await house.emergencyStop('drill').settle()).state).toMatchObject({ mode: 'halted', scope: 'platform' })
  const judged = await house.whatIf({ account_id: 'paper', lines: [{ instrument_id: AU, side: 'buy', quantity: 1 }] })
  expect(judged.lines[0]!.is_approved).toBe(false)
  expect((await house.tradingStates())[0]).toMatchObject({ mode: 'halted', reason: 'drill' })
})
