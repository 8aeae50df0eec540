// What a step of the timeline says, in the reader's words; what has no code yet stands as the book wrote it.

import { sayCode, saySide } from '../desk/words'
import { hasKey, t, tCode } from '../i18n'
import { sayUnit } from '../i18n/units'
import { symbolOf } from '../state/market'
import type { Step } from './types'
import { sayBookStatus } from './words'

/** The codes among the arguments, each as people call it. */
const SAID: Readonly<Record<string, (value: string) => string>> = {
  side: saySide,
  instrument_id: symbolOf,
  algorithm: (value) => tCode('algorithm', value),
  moment: (value) => tCode('stepMoment', value),
  codes: (value) => value.split(', ').map(sayCode).join(t('join.words')),
  // The book counts sends from 0, people from 1.
  send: (value) => String(Number(value) + 1),
  changes: (value) => value.replaceAll(/\b(buy|sell)\b/g, saySide),
}

export function sayNote({ act, note, note_code: code, note_args: args }: Pick<Step, 'act' | 'note' | 'note_code' | 'note_args'>): string {
  const key = `stepNote.${code}`
  if (!hasKey(key)) return note
  const said = Object.entries(args).map(([name, value]) => [name, wordOf(act, name)(value)])
  return t(key, { ...(Object.fromEntries(said) as Record<string, string>), unit: sayUnit(args['instrument_id'] ?? '') })
}

function wordOf(act: string, name: string): (value: string) => string {
  if (act === 'progress') return sayBookStatus
  if (act === 'reassign') return (value) => (value === 'nobody' ? t('stepNote.nobody') : value)
  return SAID[name] ?? ((value) => value)
}
