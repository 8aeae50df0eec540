// Both languages say everything, with the same places for values, and neither is written in the other.

import { describe, expect, it } from 'vitest'

type Words = Readonly<Record<string, string>>

/** Every file of words there is, so that a new one cannot be forgotten. */
const files = import.meta.glob<Readonly<Record<string, unknown>>>(['../src/i18n/*zh.ts', '../src/i18n/en.ts'], { eager: true })
const zh: Record<string, string> = {}
let en: Words = {}
for (const [path, module] of Object.entries(files)) {
  const words = Object.values(module).find((each) => typeof each === 'object') as Words
  if (path.endsWith('/en.ts')) en = words
  else Object.assign(zh, words)
}

const HAN = /\p{Script=Han}/u
/** Names of contracts are Chinese in every language, and so is an example of one. */
const EXAMPLES = new Set(['finder.placeholder'])
const slots = (text: string): string[] => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!))].toSorted()

describe('the words of the page', () => {
  it('has every text in both languages', () => {
    expect(Object.keys(zh).length).toBeGreaterThan(1000)
    expect(Object.keys(en).toSorted()).toEqual(Object.keys(zh).toSorted())
  })

  it('leaves none empty', () => {
    const empty = Object.keys(zh).filter((key) => zh[key]!.trim() === '' && en[key]!.trim() !== '')
    expect(empty).toEqual([])
  })

  it('has the same places for values', () => {
    const unlike = Object.keys(zh).filter((key) => slots(zh[key]!).join(' ') !== slots(en[key]!).join(' '))
    expect(unlike).toEqual([])
  })

  it('has no Chinese in the English', () => {
    expect(Object.entries(en).filter(([key, text]) => HAN.test(text) && !EXAMPLES.has(key))).toEqual([])
  })
})
