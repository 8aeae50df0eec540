import { beforeEach, expect, test } from 'vitest'
import { createApp, nextTick } from 'vue'
import { now } from '../src/app/now'
import ConnectionBanner from '../src/components/ConnectionBanner.vue'
import { linkState } from '../src/transport/feed'
import type { LinkState } from '@tradewind/client'

let box: HTMLElement

beforeEach(() => {
  box = document.createElement('div')
  createApp(ConnectionBanner).mount(box)
})

async function show(changes: Partial<LinkState>): Promise<string> {
  linkState.value = { phase: 'live', tries: 0, mostTries: 10, retryAt: null, code: 0, server: '', ...changes }
  await nextTick()
  return box.textContent?.trim() ?? ''
}

test('nothing is said while the line lives or is first opened', async () => {
  expect(await show({ phase: 'live' })).toBe('')
  expect(await show({ phase: 'connecting', tries: 0 })).toBe('')
})

test('the wait counts down and never below zero', async () => {
  expect(await show({ phase: 'waiting', tries: 4, retryAt: now.value + 7400 })).toContain('8 秒后第 4 次重连（最多 10 次）')
  expect(await show({ phase: 'waiting', tries: 4, retryAt: now.value - 500 })).toContain('0 秒后')
})

test('a try under way says which one it is', async () => {
  expect(await show({ phase: 'connecting', tries: 3 })).toContain('正在第 3 次重连')
})

test('after the last try the page waits for a person', async () => {
  const text = await show({ phase: 'stopped', tries: 10 })
  expect(text).toContain('重连 10 次仍未成功，已停止自动重连')
  expect(text).toContain('立即重连')
})

test('a refusal names its code', async () => {
  expect(await show({ phase: 'stopped', tries: 0, code: 4403 })).toContain('代码 4403')
})
