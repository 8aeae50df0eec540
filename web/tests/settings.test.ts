import { beforeEach, expect, test, vi } from 'vitest'
import { nextTick } from 'vue'

const KEY = 'tradewind.settings'

beforeEach(() => {
  localStorage.clear()
  vi.resetModules()
})

test('period and least severity are remembered beside the colours', async () => {
  const first = await import('../src/app/settings')
  first.applySettings()
  first.period.value = 'line'
  first.leastSeverity.value = 'high'
  await nextTick()
  vi.resetModules()
  const again = await import('../src/app/settings')
  expect([again.period.value, again.leastSeverity.value]).toEqual(['line', 'high'])
})

test.each(['not json', 'null', '{"theme":"blue","locale":7,"period":"7"}'])('stored nonsense is ignored: %s', async (text) => {
  localStorage.setItem(KEY, text)
  const { locale, period, theme } = await import('../src/app/settings')
  expect([locale.value, period.value]).toEqual(['zh', 'line'])
  expect(['dark', 'light']).toContain(theme.value)
})
