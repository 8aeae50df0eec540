import { beforeEach, expect, test } from 'vitest'
import { createApp, nextTick } from 'vue'
import { locale } from '../src/app/settings'
import FeedBanner from '../src/components/FeedBanner.vue'
import { loadLanguage } from '../src/i18n'
import { systemPush } from '../src/state/market'
import { linkState } from '../src/transport/feed'
import type { LinkState } from '@tradewind/client'

let box: HTMLElement

beforeEach(() => {
  locale.value = 'zh'
  box = document.createElement('div')
  createApp(FeedBanner).mount(box)
})

async function show(feed_alarm: unknown, phase: LinkState['phase'] = 'live'): Promise<string> {
  linkState.value = { phase, tries: 0, mostTries: 10, retryAt: null, code: 0, server: '' }
  systemPush.value = { feed_alarm }
  await nextTick()
  return box.textContent?.trim() ?? ''
}

const SILENT = { state: 'silent', since_ns: 1_764_552_600_000_000_000, message: 'feed silent' }

test('nothing is said of a feed that does what it should, or of which nothing is known', async () => {
  expect(await show(null)).toBe('')
  expect(await show(undefined)).toBe('')
})

test('silence and absence are told apart, with the time since when', async () => {
  const silent = await show(SILENT)
  expect(silent).toContain('交易时段内没有收到行情')
  expect(silent).toMatch(/\d\d:\d\d:\d\d/)
  expect(await show({ ...SILENT, state: 'absent' })).toContain('连不上行情源')
  expect(await show({ ...SILENT, state: 'cut' })).toContain('行情服务没有应答')
})

test('it speaks English too', async () => {
  await loadLanguage('en')
  locale.value = 'en'
  expect(await show(SILENT)).toContain('No market data')
  expect(await show({ ...SILENT, state: 'absent' })).toContain('No source')
})

test('while the line to the server is cut, the other banner speaks', async () => {
  expect(await show(SILENT, 'waiting')).toBe('')
})
