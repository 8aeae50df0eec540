// 三屏: where windows go, that none is opened twice, and that what is not open in a window stands on the page.

import { afterEach, beforeEach, expect, test, vi } from 'vitest'

const LEFT = { availLeft: -1920, availTop: 0, availWidth: 1920, availHeight: 1040 }
const MIDDLE = { availLeft: 0, availTop: 0, availWidth: 2560, availHeight: 1400 }
const RIGHT = { availLeft: 2560, availTop: 40, availWidth: 1001, availHeight: 1000 }

interface FakeWindow {
  closed: boolean
  focus: ReturnType<typeof vi.fn>
  moveTo: ReturnType<typeof vi.fn>
  resizeTo: ReturnType<typeof vi.fn>
  location: { href: string }
}

function fakeWindow(): FakeWindow {
  return { closed: false, focus: vi.fn(), moveTo: vi.fn(), resizeTo: vi.fn(), location: { href: 'http://x/pop/chart' } }
}

async function openPage() {
  vi.resetModules()
  localStorage.clear()
  const panels = await import('../src/frame/panels')
  const screens = await import('../src/frame/screens')
  const layouts = await import('../src/state/layouts')
  return { ...panels, ...screens, ...layouts, ...(await import('../src/market/screens_layout')) }
}

let page: Awaited<ReturnType<typeof openPage>>
let opened: [string, string][]
let answers: (FakeWindow | null)[]
beforeEach(async () => {
  page = await openPage()
  opened = []
  answers = []
  vi.stubGlobal('open', (_url: string, name: string, features: string) => {
    opened.push([name, features])
    return answers[opened.length - 1] ?? null
  })
})
afterEach(() => {
  vi.unstubAllGlobals()
})

test('with two more monitors the first panel has one to itself and the others share the last', () => {
  const places = page.spread(['chart', 'depth', 'orders'], [LEFT, RIGHT])!
  expect(places.get('chart')).toEqual({ left: -1920, top: 0, width: 1920, height: 1040 })
  expect(places.get('depth')).toEqual({ left: 2560, top: 40, width: 500, height: 1000 })
  expect(places.get('orders')).toEqual({ left: 3060, top: 40, width: 500, height: 1000 })
})

test('with one more monitor all stand side by side there, with none there is nothing to say', () => {
  expect([...page.spread(['chart', 'depth'], [MIDDLE])!.values()].map(({ left }) => left)).toEqual([0, 1280])
  expect(page.spread(['chart'], [LEFT, RIGHT])!.get('chart')!.left).toBe(-1920)
  expect(page.spread(['chart'], [])).toBeNull()
})

test('on one monitor no window hides another', () => {
  const lefts = [...page.cascade(['chart', 'depth', 'orders']).values()].map(({ left }) => left)
  expect(new Set(lefts).size).toBe(3)
})

test('choosing the layout opens its windows, and again brings them forward instead', () => {
  answers = [fakeWindow(), fakeWindow(), fakeWindow()]
  expect(page.useLayout('screens')).toBe(true)
  expect(opened.map(([name]) => name)).toEqual(['tradewind-chart', 'tradewind-depth', 'tradewind-orders'])
  expect(page.layout.value.panels).toEqual(['quotes', 'opportunities', 'events'])
  page.useLayout('screens')
  expect(opened).toHaveLength(3)
  expect(answers.every((each) => each!.focus.mock.calls.length === 1)).toBe(true)
})

test('what the browser blocked stands on the page until it is opened', () => {
  answers = [fakeWindow(), null, null]
  page.useLayout('screens')
  expect(page.blocked.value).toEqual(['depth', 'orders'])
  expect(page.layout.value.panels).toEqual(['quotes', 'opportunities', 'events', 'detail', 'depth'])
  answers = [null, null, null, fakeWindow()]
  page.openPanel('depth')
  page.share()
  expect(page.blocked.value).toEqual(['orders'])
  expect(page.layout.value.panels).toEqual(['quotes', 'opportunities', 'events'])
})

test('a window that was closed gives its panel back to the page', () => {
  answers = [fakeWindow(), fakeWindow(), fakeWindow()]
  page.useLayout('screens')
  answers[0]!.closed = true
  page.share()
  expect(page.layout.value.panels).toEqual(['quotes', 'chart', 'opportunities', 'events'])
})

test('a layout without windows opens none and keeps its panels', () => {
  page.useLayout('chart')
  page.share()
  expect([opened, page.layout.value.panels]).toEqual([[], ['quotes', 'chart', 'detail']])
})

test('where monitors may be asked for, windows open at once and move when the user has said yes', async () => {
  vi.stubGlobal('screen', { isExtended: true })
  vi.stubGlobal('getScreenDetails', () => Promise.resolve({ screens: [LEFT, MIDDLE, RIGHT], currentScreen: MIDDLE }))
  answers = [fakeWindow(), fakeWindow()]
  page.openPanels(['chart', 'depth'])
  expect(opened).toHaveLength(2)
  await vi.waitFor(() => expect(answers[1]!.moveTo).toHaveBeenCalledWith(2560, 40))
  expect(answers[0]!.moveTo).toHaveBeenCalledWith(-1920, 0)
})

test('where the user says no, they stay where they opened', async () => {
  vi.stubGlobal('screen', { isExtended: true })
  vi.stubGlobal('getScreenDetails', () => Promise.reject(new DOMException('no', 'NotAllowedError')))
  answers = [fakeWindow()]
  page.openPanels(['chart'])
  await Promise.resolve()
  await Promise.resolve()
  expect(answers[0]!.moveTo).not.toHaveBeenCalled()
})

test('a window goes where it stood the last time', () => {
  localStorage.setItem('tradewind.windows', JSON.stringify({ chart: { left: 7, top: 8, width: 900, height: 600 } }))
  answers = [fakeWindow()]
  page.openPanel('chart')
  expect(opened[0]![1]).toBe('popup,left=7,top=8,width=900,height=600')
})
