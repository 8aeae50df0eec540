// Whoever leaves a page open over an upgrade is told, and decides when to load it anew.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createApp, nextTick, type App } from 'vue'
import { locale } from '../src/app/settings'
import ReleaseBanner from '../src/components/ReleaseBanner.vue'
import { linkState } from '../src/transport/feed'

let app: App
let box: HTMLElement

async function meet(server: string): Promise<string> {
  linkState.value = { phase: server === '' ? 'connecting' : 'live', tries: 0, mostTries: 10, retryAt: null, code: 0, server }
  await nextTick()
  return box.textContent?.trim() ?? ''
}

beforeEach(async () => {
  locale.value = 'zh'
  box = document.createElement('div')
  await meet('')
  app = createApp(ReleaseBanner)
  app.mount(box)
})

afterEach(() => app.unmount())

test('the release that a page was fetched from says nothing, however often it comes back', async () => {
  expect(await meet('tradewind/1.0.0')).toBe('')
  expect(await meet('tradewind/1.0.0')).toBe('')
})

test('another release is told, with the way to it, until the own serves again', async () => {
  await meet('tradewind/1.0.0')
  expect(await meet('tradewind/1.1.0')).toContain('服务器已换成 tradewind/1.1.0，本页还是 tradewind/1.0.0 的')
  expect(box.querySelector('button')?.textContent).toBe('刷新本页')
  // Two releases side by side, as in an upgrade without a pause: whichever serves this page counts.
  expect(await meet('tradewind/1.0.0')).toBe('')
})
