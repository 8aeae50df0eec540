// Turns the line's reasons (`code key=value …`) into sentences. A code nobody wrote a sentence for is shown as its
// words and numbers, so that a plug-in's reason is never lost.

import { addWords, hasKey, t, type Key, type Params } from './index'
import { reasonsZh } from './reasons_zh'
import { sayUnit } from './units'

addWords(reasonsZh)

const MOST_FIGURES = 6
/** Shares of one, by code: said in percent, as confidence is everywhere else. */
const SHARES: Readonly<Record<string, string>> = { combined: 'value' }

export interface Reason {
  readonly code: string
  readonly params: Params
}

export function parseReason(text: string): Reason {
  const [code = '', ...pairs] = text.trim().split(/\s+/)
  const params: Record<string, string> = {}
  for (const pair of pairs) {
    const at = pair.indexOf('=')
    if (at <= 0) continue
    const name = pair.slice(0, at)
    const value = pair.slice(at + 1)
    params[name] = SHARES[code] === name && Number.isFinite(Number(value)) ? `${(Number(value) * 100).toFixed(1)}%` : readable(value)
  }
  return { code, params }
}

/** A decimal is shown with six figures at most and no empty ones; everything else stays as it was said. */
function readable(value: string): string {
  if (!/^-?\d+\.\d+$/.test(value)) return value
  const size = String(Math.abs(Number(Number(value).toPrecision(MOST_FIGURES))))
  // The same minus as in every other figure of the page.
  return Number(value) < 0 ? `−${size}` : size
}

/** One reason of an opportunity or a signal; `instrumentId` says what its volume counts. */
export function sayReason(text: string, instrumentId: string): string {
  const { code, params } = parseReason(text)
  const key = keyOf(code, params)
  if (key !== null) return t(key, { ...params, unit: sayUnit(instrumentId) })
  const numbers = Object.entries(params).map(([name, value]) => `${name} ${value}`)
  return [nameOf(code), ...numbers].join(' · ')
}

/** A reason behind the name of its strategy: where it begins with that name it is not said twice. */
export function withoutName(reason: string, name: string): string {
  return reason.startsWith(`${name} `) ? reason.slice(name.length + 1) : reason
}

/** A strategy's or signal type's own name where we have one, else the code in words. */
export function nameOf(code: string): string {
  const key = `strategy.${code}`
  return hasKey(key) ? t(key) : code.replaceAll('_', ' ')
}

function keyOf(code: string, params: Params): Key | null {
  const closer = `reason.${code}.${String(params['why'] ?? '')}`
  if (hasKey(closer)) return closer
  const plain = `reason.${code}`
  return hasKey(plain) ? plain : null
}
