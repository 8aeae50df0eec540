// What was missed is asked for when the line is back, and nothing is asked twice by a page that has only just opened.
import { expect, test, vi } from 'vitest'
import type { FromWorker, LinkState } from '@tradewind/client'

let tell: (message: FromWorker) => void = () => undefined
class FakeWorker {
  addEventListener(_kind: string, hear: (event: { data: FromWorker }) => void): void {
    tell = (data) => hear({ data })
  }

  postMessage(): void {}
}

async function opened(): Promise<{ seen: (phase: LinkState['phase'], tries?: number) => number }> {
  vi.resetModules()
  vi.stubGlobal('Worker', FakeWorker)
  const { connect, returns } = await import('../src/transport/feed')
  connect('ws://127.0.0.1:1/ws')
  return {
    seen: (phase, tries = 0) => {
      tell({ kind: 'state', state: { phase, tries, mostTries: 10, retryAt: null, code: 0, server: '' } })
      return returns.value
    },
  }
}

test('a page that comes in at once has not come back', async () => {
  const { seen } = await opened()
  expect([seen('connecting'), seen('live')]).toEqual([0, 0])
})

test('a line that was cut is back once it is live, each time', async () => {
  const { seen } = await opened()
  seen('live')
  expect([seen('waiting', 1), seen('connecting', 1), seen('live')]).toEqual([0, 0, 1])
  expect([seen('signed-out'), seen('connecting'), seen('live')]).toEqual([1, 1, 2])
})

test('who waited for a server that was away has missed what happened since the page was opened', async () => {
  const { seen } = await opened()
  expect([seen('connecting'), seen('waiting', 1), seen('connecting', 1), seen('live')]).toEqual([0, 0, 0, 1])
})
