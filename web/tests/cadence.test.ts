import { afterEach, beforeEach, expect, test, vi } from 'vitest'

let painted: string[] = []
let Cadence: typeof import('../src/state/cadence').Cadence

beforeEach(async () => {
  // The beat is the page's: each test begins with a page of its own.
  vi.resetModules()
  ;({ Cadence } = await import('../src/state/cadence'))
  vi.useFakeTimers({ toFake: ['requestAnimationFrame', 'cancelAnimationFrame', 'setTimeout', 'clearTimeout', 'performance'] })
  painted = []
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

function panel(name: string, hz: number): InstanceType<typeof Cadence> {
  return new Cadence(hz, () => painted.push(name))
}

test('what changed is painted in the next frame, and once however often it changed', () => {
  const grid = panel('grid', 20)
  grid.request()
  grid.request()
  vi.advanceTimersByTime(20)
  expect(painted).toEqual(['grid'])
})

test('what changes all the time is painted in every second or third frame', () => {
  const grid: InstanceType<typeof Cadence> = new Cadence(20, () => {
    painted.push('grid')
    grid.request()
  })
  grid.request()
  vi.advanceTimersByTime(2000)
  expect(painted.length).toBeGreaterThan(36)
  expect(painted.length).toBeLessThan(62)
})

test('quotes that come twenty times a second are each painted in one of the two frames after them', () => {
  const waited: number[] = []
  let askedMs = 0
  const grid = new Cadence(20, (ms) => waited.push(ms - askedMs))
  for (let message = 0; message < 40; message += 1) {
    askedMs = performance.now()
    grid.request()
    vi.advanceTimersByTime(50)
  }
  expect(waited).toHaveLength(40)
  expect(Math.max(...waited)).toBeLessThan(34)
})

test('panels that are in no hurry take turns, the quotes wait for nobody', () => {
  for (const name of ['chart', 'book', 'tape']) panel(name, 5).request()
  panel('grid', 20).request()
  vi.advanceTimersByTime(20)
  expect(painted).toEqual(['grid', 'chart', 'book'])
  vi.advanceTimersByTime(60)
  expect(painted).toEqual(['grid', 'chart', 'book', 'tape'])
})

test('a panel that fails leaves the others painted', () => {
  const told = vi.fn()
  vi.stubGlobal('reportError', told)
  const broken = new Cadence(20, () => {
    throw new Error('broken')
  })
  broken.request()
  panel('grid', 20).request()
  vi.advanceTimersByTime(20)
  expect(painted).toEqual(['grid'])
  expect(told).toHaveBeenCalledOnce()
})

test('who has stopped is not painted', () => {
  const grid = panel('grid', 20)
  grid.request()
  grid.stop()
  vi.advanceTimersByTime(100)
  expect(painted).toEqual([])
})
