// The parameters of a strategy as a form: what the fields say, and what of them is no value of its kind.

import type { StrategyParam } from './types'

export type ParamValue = StrategyParam['value']

export function textOf(value: ParamValue): string {
  return String(value)
}

/** The value that a text stands for, of the kind the parameter has; `null` where it is none. */
export function readAs(param: StrategyParam, text: string): ParamValue | null {
  const kind = typeof param.value
  if (kind === 'boolean') return text === 'true' ? true : text === 'false' ? false : null
  if (kind === 'string') return text === '' ? null : text
  const number = Number(text)
  if (text.trim() === '' || !Number.isFinite(number)) return null
  // The server tells whole numbers without a point; one that was whole and is so by default stays whole.
  return number
}

/** What differs from how it runs now, or the name of the first field that says nothing. */
export function changesOf(params: readonly StrategyParam[], texts: Readonly<Record<string, string>>): { readonly changed: Readonly<Record<string, ParamValue>>; readonly bad: string } {
  const changed: Record<string, ParamValue> = {}
  for (const param of params) {
    const value = readAs(param, texts[param.name] ?? '')
    if (value === null) return { changed: {}, bad: param.name }
    if (value !== param.value) changed[param.name] = value
  }
  return { changed, bad: '' }
}
