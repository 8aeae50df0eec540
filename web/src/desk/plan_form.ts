// A trading plan's parameters as fields of a form: their kinds and ranges are those of the desk's own struct.

import type { PlanParams } from './types'

export type FieldKind = 'whole' | 'share' | 'switch' | 'choice' | 'names' | 'text'

export interface PlanField {
  readonly name: string
  readonly kind: FieldKind
  readonly group: 'what' | 'entry' | 'size' | 'exit'
  readonly least?: number
  readonly most?: number
  readonly step?: number
  readonly choices?: readonly string[]
  /** Shown only while this holds: a field that would change nothing is not offered. */
  readonly isUsed?: (params: Readonly<Record<string, unknown>>) => boolean
}

const isFixed = (params: Readonly<Record<string, unknown>>): boolean => params['sizing'] === 'fixed'

export const PLAN_FIELDS: readonly PlanField[] = [
  { name: 'strategies', kind: 'names', group: 'what' },
  { name: 'instruments', kind: 'names', group: 'what' },
  { name: 'sides', kind: 'choice', group: 'entry', choices: ['both', 'buy', 'sell'] },
  { name: 'min_confidence', kind: 'share', group: 'entry', least: 0, most: 1, step: 0.05 },
  { name: 'min_contributions', kind: 'whole', group: 'entry', least: 1, most: 100 },
  { name: 'max_instruments', kind: 'whole', group: 'entry', least: 1, most: 1000 },
  { name: 'cooldown_s', kind: 'whole', group: 'entry', least: 0, most: 86_400 },
  { name: 'sizing', kind: 'choice', group: 'size', choices: ['fixed', 'margin', 'risk'] },
  { name: 'lots', kind: 'whole', group: 'size', least: 1, most: 10_000, isUsed: isFixed },
  { name: 'share', kind: 'share', group: 'size', least: 0.01, most: 1, step: 0.01, isUsed: (params) => !isFixed(params) },
  { name: 'max_lots', kind: 'whole', group: 'size', least: 1, most: 10_000 },
  { name: 'exits_on_close', kind: 'switch', group: 'exit' },
  { name: 'exits_on_reverse', kind: 'switch', group: 'exit' },
  { name: 'stop_ticks', kind: 'whole', group: 'exit', least: 0, most: 100_000 },
  { name: 'profit_ticks', kind: 'whole', group: 'exit', least: 0, most: 100_000 },
  { name: 'max_holding_s', kind: 'whole', group: 'exit', least: 0, most: 864_000 },
]
export const PLAN_GROUPS = ['what', 'entry', 'size', 'exit'] as const

export const PLAN_DEFAULTS: Readonly<Record<string, unknown>> = {
  product_code: '',
  strategies: [],
  instruments: [],
  sides: 'both',
  min_confidence: 0.6,
  min_contributions: 1,
  sizing: 'fixed',
  lots: 1,
  share: '0.05',
  max_lots: 10,
  max_instruments: 5,
  exits_on_close: true,
  exits_on_reverse: true,
  stop_ticks: 0,
  profit_ticks: 0,
  max_holding_s: 0,
  cooldown_s: 60,
}

/** `rb.SHFE, au2606.SHFE` → its names. */
export function namesOf(text: string): string[] {
  return [...new Set(text.split(/[\s,，、;；]+/).filter((name) => name !== ''))]
}

/** Names of fields whose value the desk would refuse. */
export function faultsOf(values: Readonly<Record<string, unknown>>): string[] {
  return PLAN_FIELDS.filter((field) => {
    if (field.isUsed !== undefined && !field.isUsed(values)) return false
    const value = values[field.name]
    if (field.kind === 'whole') return !Number.isInteger(value) || !isWithin(Number(value), field)
    if (field.kind === 'share') return value === '' || !Number.isFinite(Number(value)) || !isWithin(Number(value), field)
    return field.kind === 'choice' && !(field.choices ?? []).includes(String(value))
  }).map((field) => field.name)
}

function isWithin(value: number, field: PlanField): boolean {
  return value >= (field.least ?? -Infinity) && value <= (field.most ?? Infinity)
}

export function isPlanName(name: string): boolean {
  // It becomes part of ids and of an address: what those cannot carry is refused here already.
  return /^[A-Za-z0-9_-]{1,64}$/.test(name)
}

/** The parameters as the desk takes them: `share` is a decimal, a number would lose its digits. */
export function paramsOf(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { ...values, share: String(values['share']), min_confidence: Number(values['min_confidence']) }
}

/** Names of parameters that the next start changes. */
export function changesOf(params: PlanParams, next: PlanParams): string[] {
  return Object.keys(next).filter((name) => JSON.stringify(params[name]) !== JSON.stringify(next[name]))
}
