// Words of the page. The server sends codes and numbers; sentences are made here, in the reader's language.

import { shallowReactive } from 'vue'
import { locale, type Locale } from '../app/settings'
import { zh } from './zh'

export type Key = keyof typeof zh
export type Params = Readonly<Record<string, string | number>>

type Dictionary = Readonly<Record<Key, string>>

/** The default language is always there; another one comes when it is first wanted. */
const dictionaries = shallowReactive<Partial<Record<Locale, Dictionary>>>({ zh })

export async function loadLanguage(wanted: Locale): Promise<void> {
  if (wanted === 'en') dictionaries.en ??= (await import('./en')).en
}

/** The text of `key` with `{name}` replaced from `params`. Reading it in a template makes it follow the language. */
export function t(key: Key, params?: Params): string {
  return fill((dictionaries[locale.value] ?? zh)[key], params)
}

export function hasKey(key: string): key is Key {
  return Object.hasOwn(zh, key)
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
