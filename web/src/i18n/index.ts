// Words of the page. The server sends codes and numbers; sentences are made here, in the reader's language.

import { shallowReactive } from 'vue'
import { locale, type Locale } from '../app/settings'
import type { alertsZh } from './alerts_zh'
import type { chartZh } from './chart_zh'
import type { deskZh } from './desk_zh'
import type { bookZh } from './book_zh'
import type { brokerZh } from './broker_zh'
import type { fleetZh } from './fleet_zh'
import type { frameZh } from './frame_zh'
import type { marketZh } from './market_zh'
import type { moneyZh } from './money_zh'
import type { opsZh } from './ops_zh'
import type { peopleZh } from './people_zh'
import type { personsZh } from './persons_zh'
import type { planZh } from './plan_zh'
import type { reasonsZh } from './reasons_zh'
import type { replayZh } from './replay_zh'
import type { strategiesZh } from './strategies_zh'
import type { systemZh } from './system_zh'
import type { talkZh } from './talk_zh'
import type { workZh } from './work_zh'
import { zh } from './zh'

type DeskKey =
  | keyof typeof alertsZh
  | keyof typeof bookZh
  | keyof typeof brokerZh
  | keyof typeof chartZh
  | keyof typeof deskZh
  | keyof typeof fleetZh
  | keyof typeof frameZh
  | keyof typeof marketZh
  | keyof typeof moneyZh
  | keyof typeof opsZh
  | keyof typeof peopleZh
  | keyof typeof personsZh
  | keyof typeof planZh
  | keyof typeof reasonsZh
  | keyof typeof replayZh
  | keyof typeof strategiesZh
  | keyof typeof systemZh
  | keyof typeof talkZh
  | keyof typeof workZh
export type Key = keyof typeof zh | DeskKey
export type Params = Readonly<Record<string, string | number>>

/** The words of the trading pages come with those pages (`desk.ts` …): until then only the shell's are there. */
type Dictionary = Readonly<Record<keyof typeof zh, string> & Partial<Record<DeskKey, string>>>

/** The default language is always there; another one comes when it is first wanted. */
const dictionaries = shallowReactive<Partial<Record<Locale, Dictionary>>>({ zh })

export async function loadLanguage(wanted: Locale): Promise<void> {
  if (wanted === 'en') dictionaries.en ??= (await import('./en')).en
}

/** Adds words to the default language; the other languages bring all of theirs at once. */
export function addWords(words: Readonly<Partial<Record<DeskKey, string>>>): void {
  dictionaries.zh = { ...(dictionaries.zh ?? zh), ...words }
}

/** The text of `key` with `{name}` replaced from `params`. Reading it in a template makes it follow the language. */
export function t(key: Key, params?: Params): string {
  const words: Dictionary = dictionaries[locale.value] ?? dictionaries.zh ?? zh
  return fill(words[key] ?? key, params)
}

export function hasKey(key: string): key is Key {
  return Object.hasOwn(dictionaries.zh ?? zh, key)
}

/** The text of a key made from a server's code, or `fallback` where nobody has written one yet. */
export function tCode(prefix: string, code: string, params?: Params, fallback = code): string {
  const key = `${prefix}.${code}`
  return hasKey(key) ? t(key, params) : fallback
}

export function fill(text: string, params?: Params): string {
  if (params === undefined) return text
  return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole))
}
