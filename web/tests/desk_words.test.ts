// Words of the trading pages: both languages whole, and none of them needed before those pages are there.
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { deskEn } from '../src/i18n/desk_en'
import { deskZh } from '../src/i18n/desk_zh'
import { planEn } from '../src/i18n/plan_en'
import { planZh } from '../src/i18n/plan_zh'
import { zh } from '../src/i18n/zh'

const src = path.resolve(import.meta.dirname, '../src')
const zhWords: Readonly<Record<string, string>> = { ...deskZh, ...planZh }
const enWords: Readonly<Record<string, string>> = { ...deskEn, ...planEn }

function blanks(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!).toSorted()
}

test('both languages have the same words with the same blanks', () => {
  expect(Object.keys(enWords)).toEqual(Object.keys(zhWords))
  for (const [key, text] of Object.entries(zhWords)) expect(blanks(enWords[key]!), key).toEqual(blanks(text))
})

test('no word is defined twice', () => {
  expect(Object.keys(zhWords).filter((key) => Object.hasOwn(zh, key))).toEqual([])
})

test('the shell says nothing that comes with the trading pages', () => {
  const shell = ['app', 'components', 'grid', 'state'].flatMap((folder) => readdirSync(path.join(src, folder)).map((name) => path.join(src, folder, name)))
  const used = shell.flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/\bt\(\s*'([\w.]+)'/g)].map(([, key]) => key!))
  expect(used.length).toBeGreaterThan(20)
  expect(used.filter((key) => Object.hasOwn(zhWords, key))).toEqual([])
})
