// Figures on the operator's pages have words: every metric that the platform declares, in both languages.

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { systemEn } from '../src/i18n/system_en'
import { systemZh } from '../src/i18n/system_zh'

const declared = readFileSync('../src/tradewind/kernel/metrics.py', 'utf8')
// Histograms are shown as percentiles, under words of their own.
const metrics = [...declared.matchAll(/"tradewind_(\w+?)(?:_total)?"/g)].map((found) => found[1]!).filter((name) => !name.includes('latency')).map((name) => `metric.${name}`)

test.each([['zh', systemZh], ['en', systemEn]] as const)('every metric has a word (%s)', (_language, words) => {
  expect(metrics.length).toBeGreaterThan(50)
  expect(metrics.filter((name) => !(name in words))).toEqual([])
})
