// One key for each confirmed act: a lost answer is asked for again, never done again.
import { afterEach, expect, test, vi } from 'vitest'
import { ApiError } from '../src/api/client'
import { now } from '../src/app/now'
import { Act, isOutcomeUnknown } from '../src/desk/acts'
import { ask, trouble } from '../src/desk/health'

interface Sent {
  readonly path: string
  readonly key: string | undefined
}

function answering(...answers: readonly (Response | Error)[]): Sent[] {
  const sent: Sent[] = []
  const left = [...answers]
  vi.stubGlobal('fetch', (path: string, { headers }: { headers: Record<string, string> }) => {
    sent.push({ path, key: headers['Idempotency-Key'] })
    const answer = left.shift()
    return answer instanceof Response ? Promise.resolve(answer) : Promise.reject(answer ?? new Error('nobody there'))
  })
  return sent
}

function problem(status: number): Response {
  return Response.json({ error: { code: 'unavailable', message: 'the database is away' } }, { status })
}

afterEach(() => vi.unstubAllGlobals())

test('a repeat after a lost answer carries the same key, and another act another', async () => {
  const sent = answering(new Error('cut'), Response.json({ status: 'working' }), Response.json({}))
  const act = new Act<{ status: string }>('/api/v1/instructions', {})
  await expect(act.run()).rejects.toThrow('cut')
  await expect(act.run()).resolves.toEqual({ status: 'working' })
  await new Act('/api/v1/instructions', {}).run()
  expect(sent[0]?.key).toMatch(/^[0-9a-f]{32}$/)
  expect(sent[1]?.key).toBe(sent[0]?.key)
  expect(sent[2]?.key).not.toBe(sent[0]?.key)
})

test('a lost answer and a database away leave it open, a refusal does not', () => {
  expect([0, 503, 504, 500, 409, 422, 403].map((status) => isOutcomeUnknown(new ApiError(status, '', '')))).toEqual([true, true, true, true, false, false, false])
})

test('what is away is told with its reason until it answers', async () => {
  answering(problem(503), Response.json([]))
  await expect(ask('/api/v1/positions')).rejects.toThrow('the database is away')
  expect(trouble.value).toBeNull()
  now.value = Date.now() + 3000
  expect(trouble.value?.why).toBe('the database is away')
  await ask('/api/v1/positions')
  expect(trouble.value).toBeNull()
})

test('the record may be away while the desk answers', async () => {
  answering(problem(503), Response.json([]), Response.json({}))
  await expect(new Act('/api/v1/cash', {}).run()).rejects.toThrow()
  await ask('/api/v1/positions')
  now.value = Date.now() + 3000
  expect(trouble.value).not.toBeNull()
  await ask('/api/v1/records/accounts', 'record')
  expect(trouble.value).toBeNull()
})
