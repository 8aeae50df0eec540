// The benchmark somebody chose, kept with what else is theirs, its closes over the days of an account, and what comes of
// the two.

import { computed, shallowRef, watch, type ComputedRef, type ShallowRef, type WritableComputedRef } from 'vue'
import { messageOf } from '../app/session'
import { changeDesk, ownDesk } from '../state/own_desk'
import { benchmarkOf, compareWith, textOf, type Benchmark, type Comparison, type Joined } from './benchmark'
import { loadCloses } from './benchmark_closes'
import type { DaysView } from './types'

const KEY = 'account.benchmark'
const NOTHING: Joined = { closes: new Map(), rolls: 0, bridged: 0 }

export interface UsedBenchmark {
  readonly chosen: WritableComputedRef<Benchmark | null>
  readonly joined: ShallowRef<Joined>
  readonly state: ShallowRef<'loading' | 'ready' | 'failed'>
  readonly problem: ShallowRef<string>
  readonly comparison: ComputedRef<Comparison | null>
  /** For the line: a chart needs no more than a float holds. */
  readonly line: ComputedRef<ReadonlyMap<number, number>>
  readonly load: () => Promise<void>
}

export function useBenchmark(days: () => DaysView): UsedBenchmark {
  const joined = shallowRef(NOTHING)
  const state = shallowRef<'loading' | 'ready' | 'failed'>('loading')
  const problem = shallowRef('')
  let asked = 0

  const chosen = computed<Benchmark | null>({
    get: () => benchmarkOf(ownDesk.value.choices[KEY]),
    set: (wanted) => changeDesk((desk) => {
      const { [KEY]: _, ...others } = desk.choices
      return { ...desk, choices: wanted === null ? others : { ...others, [KEY]: textOf(wanted) } }
    }),
  })
  const points = computed(() => days().curve)
  /** Asked anew for another account, another choice, another day; not for each new value of today. */
  const wanted = computed(() => {
    const [first, last] = [points.value[0], points.value.at(-1)]
    return chosen.value === null || first === undefined || last === undefined ? '' : `${first.trading_day} ${last.trading_day} ${textOf(chosen.value)}`
  })

  async function load(): Promise<void> {
    asked += 1
    const mine = asked
    const [from, until, ...text] = wanted.value.split(' ')
    const benchmark = benchmarkOf(text.join(' '))
    joined.value = NOTHING
    if (benchmark === null) return
    state.value = 'loading'
    try {
      const found = await loadCloses(benchmark, Number(from), Number(until))
      if (mine !== asked) return
      joined.value = found
      state.value = 'ready'
    } catch (error) {
      if (mine !== asked) return
      problem.value = messageOf(error)
      state.value = 'failed'
    }
  }

  watch(wanted, () => void load(), { immediate: true })
  const comparison = computed(() => compareWith(points.value, joined.value.closes, days().days))
  const line = computed(() => new Map([...joined.value.closes].map(([day, close]) => [day, Number(close)])))
  return { chosen, joined, state, problem, comparison, line, load }
}
