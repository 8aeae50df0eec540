// What a person arranges: here at once, at the server soon, and done again where another machine was faster.

import { afterEach, beforeEach, expect, test, vi } from 'vitest'

interface Server {
  version: number
  desk: unknown
  isAway: boolean
}

let server: Server

function answer(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } })
}

async function serve(_path: string, options: RequestInit): Promise<Response> {
  if (server.isAway) return answer(503, { error: { code: 'away', message: 'away' } })
  if (options.method === 'GET') return answer(200, { version: server.version, desk: server.desk })
  const told = JSON.parse(options.body as string) as { version: number; desk: unknown }
  if (told.version !== server.version) return answer(409, { error: { code: 'state_conflict', message: 'changed meanwhile' } })
  server.version += 1
  server.desk = told.desk
  return answer(200, { version: server.version })
}

/** The modules as a browser that has just opened the page has them. */
async function openPage(identity = 'chen') {
  vi.resetModules()
  const { session } = await import('../src/app/session')
  const desk = await import('../src/state/own_desk')
  const lists = await import('../src/state/watchlists')
  const layouts = await import('../src/state/layouts')
  session.value = { identity } as never
  await vi.advanceTimersByTimeAsync(10)
  return { ...desk, ...lists, ...layouts }
}

beforeEach(() => {
  vi.useFakeTimers()
  localStorage.clear()
  server = { version: 0, desk: {}, isAway: false }
  vi.stubGlobal('fetch', vi.fn(serve))
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test('an instrument added here is in the list at another machine', async () => {
  const here = await openPage()
  expect(here.addTo('own', 'rb2605.SHFE')).toBe(true)
  expect(here.isIn('own', 'rb2605.SHFE')).toBe(true)
  await vi.advanceTimersByTimeAsync(1000)
  localStorage.clear()
  const there = await openPage()
  expect(there.isIn('own', 'rb2605.SHFE')).toBe(true)
})

test('many changes at once are one message', async () => {
  const { addTo } = await openPage()
  for (const month of ['01', '05', '10']) addTo('own', `rb26${month}.SHFE`)
  await vi.advanceTimersByTimeAsync(1000)
  expect(server.version).toBe(1)
})

test('what two machines add at the same time is in the list at both', async () => {
  const here = await openPage()
  server.desk = { lists: [{ list_id: 'own', name: '', instruments: ['au2612.SHFE'] }], layouts: [], layout: null, recents: [] }
  server.version = 7
  here.addTo('own', 'rb2605.SHFE')
  await vi.advanceTimersByTimeAsync(3000)
  expect(here.listOf('own')?.instruments).toEqual(['au2612.SHFE', 'rb2605.SHFE'])
  expect(server.version).toBe(8)
})

test('what was changed while the server was away is sent once it is back, though the page was opened anew', async () => {
  const here = await openPage()
  server.isAway = true
  here.addTo('own', 'rb2605.SHFE')
  await vi.advanceTimersByTimeAsync(1000)
  expect(here.deskState.value).toBe('waiting')
  server.isAway = false
  const later = await openPage()
  await vi.advanceTimersByTimeAsync(1000)
  expect(later.isIn('own', 'rb2605.SHFE')).toBe(true)
  expect(server.version).toBe(1)
})

test('nobody sees the lists of who sat at this browser before', async () => {
  const first = await openPage('chen')
  first.addTo('own', 'rb2605.SHFE')
  await vi.advanceTimersByTimeAsync(1000)
  server = { version: 0, desk: {}, isAway: false }
  const { session } = await import('../src/app/session')
  session.value = { identity: 'li' } as never
  await vi.advanceTimersByTimeAsync(10)
  expect(first.isIn('own', 'rb2605.SHFE')).toBe(false)
})

test('an instrument is moved within its list and the last list stays', async () => {
  const { addTo, move, listOf, addList, removeList, renameList, watchlists } = await openPage()
  for (const id of ['a', 'b', 'c']) addTo('own', id)
  move('own', 'c', 0)
  expect(listOf('own')?.instruments).toEqual(['c', 'a', 'b'])
  const second = addList('黑色')
  renameList(second, '黑色系')
  expect(watchlists.value.map(({ name }) => name)).toEqual(['', '黑色系'])
  removeList('own')
  removeList(second)
  expect(watchlists.value.map(({ list_id: id }) => id)).toEqual([second])
})

test('a layout saved by name comes back as it was, and no name of a preset can be taken', async () => {
  const { arrange, saveAs, use, layout, layouts } = await openPage()
  arrange({ sizes: { quotes: 480 }, choices: { period: '5' } })
  expect(saveAs('早盘')).toBe(true)
  use('trade')
  expect(layout.value.choices['tab']).toBe('ticket')
  expect(use('早盘')).toBe(true)
  expect(layout.value.sizes['quotes']).toBe(480)
  expect(saveAs('watch')).toBe(false)
  expect(layouts.value).toHaveLength(1)
})
