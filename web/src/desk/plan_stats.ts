// What came of a plan's triggers: how many of each action ended how, and the share that went well.

import type { Trigger } from './types'

export const ACTIONS = ['buy', 'sell', 'close', 'hold'] as const
export const RESULTS = ['success', 'failed', 'pending'] as const

export interface PlanStats {
  readonly plan: string
  readonly total: number
  readonly success: number
  readonly failed: number
  readonly pending: number
  /** Of those that ended, the share that succeeded; `null` while none has. */
  readonly rate: number | null
  readonly byAction: Readonly<Record<string, Readonly<Record<string, number>>>>
}

/** One record a plan, by name. */
export function statsOf(triggers: readonly Pick<Trigger, 'strategy' | 'action' | 'result'>[]): PlanStats[] {
  const found = new Map<string, Record<string, Record<string, number>>>()
  for (const { strategy, action, result } of triggers) {
    const actions = found.get(strategy) ?? {}
    found.set(strategy, actions)
    const counts = (actions[action] ??= {})
    counts[result] = (counts[result] ?? 0) + 1
  }
  return [...found].map(([plan, byAction]) => summed(plan, byAction)).toSorted((a, b) => (a.plan < b.plan ? -1 : 1))
}

function summed(plan: string, byAction: PlanStats['byAction']): PlanStats {
  const count = (result: string): number => Object.values(byAction).reduce((total, counts) => total + (counts[result] ?? 0), 0)
  const [success, failed, pending] = [count('success'), count('failed'), count('pending')]
  const ended = success + failed
  return { plan, total: ended + pending, success, failed, pending, rate: ended === 0 ? null : success / ended, byAction }
}
