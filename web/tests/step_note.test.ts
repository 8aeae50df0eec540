// What the timeline says of a step: in the reader's language, by its code.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { sayNote } from '../src/book/step_note'
import { bookEn } from '../src/i18n/book_en'
import { bookZh } from '../src/i18n/book_zh'
import '../src/i18n/book'

const said = (act: string, note_code: string, note_args: Record<string, string> = {}, note = 'in English'): string => sayNote({ act, note, note_code, note_args })

/** `unit` follows from the contract: nobody sends it. */
const argsOf = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]!).filter((name) => name !== 'unit').toSorted()

test('each code of the book has a text in both languages, with the same arguments', () => {
  const source = readFileSync('../src/tradewind/domain/step_notes.py', 'utf8')
  const codes = [...source.matchAll(/^ {4}"(\w+)": "(.*)",$/gm)].map((found) => [found[1]!, found[2]!] as const)
  expect(codes.length).toBeGreaterThan(15)
  for (const [code, text] of codes) {
    for (const words of [bookZh, bookEn] as Readonly<Record<string, string>>[]) {
      expect([code, argsOf(words[`stepNote.${code}`] ?? 'missing {missing}')]).toEqual([code, argsOf(text)])
    }
  }
})

test('codes among the arguments are told in words', () => {
  expect(said('progress', 'progress', { before: 'working', after: 'done' })).toBe('执行中 → 已完成')
  expect(said('reassign', 'reassigned', { before: 'nobody', after: 'li' })).toBe('无人 → li')
  expect(said('send', 'sent', { send: '0', side: 'buy', quantity: '2', instrument_id: 'rb2605.SHFE', algorithm: 'direct' })).toContain('第 1 笔：买入 2 手 rb2605')
  expect(said('send', 'sent', { send: '0', side: 'buy', quantity: '200', instrument_id: '600000.SSE', algorithm: 'direct' })).toContain('买入 200 股 600000')
  expect(said('amend', 'changes', { changes: 'rb2605.SHFE sell 3 → 5' })).toBe('rb2605.SHFE 卖出 3 → 5')
})

test('a step of before there were codes stands as it was written', () => {
  expect(said('draft', '', {}, '3 contracts')).toBe('3 contracts')
})
