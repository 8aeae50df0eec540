// The fleet as the page shows it: asked for as a whole, kept live by the feed. When a module was last heard of is noted
// without a new version, so the list is also asked for again now and then.

import { onBeforeUnmount, onMounted, ref, watch } from 'vue'
import { ApiError } from '../api/client'
import { messageOf } from '../app/session'
import { Keyed } from '../desk/keyed'
import { epoch, type Loading } from '../state/market'
import { drop, listen, returns, wish } from '../transport/feed'
import { askKinds, askModules } from './calls'
import { emptyDraft, type PlanDraft } from './plan'
import type { Job, Module } from './types'

const EVERY_MS = 10_000
const RETRY_MS = 3000
const LIVE_MS = 500
const MOST_JOBS = 500
const SWITCHED_OFF = 'switched_off'

export const modules = new Keyed<Module>({ idOf: (each) => each.module_id, isGone: (each) => each.state === 'retired' })
/** Jobs that were heard of since the page was opened: what lists and details show takes its newest version from here. */
export const jobs = new Keyed<Job>({ idOf: (each) => each.job_id, most: MOST_JOBS, timeOf: (each) => each.created_at })
/** The kinds of jobs that may be sent, the usual one first. */
export const kinds = ref<readonly string[]>([])
/** A job nobody has written anything of yet. */
export const newDraft = (changes: Partial<PlanDraft> = {}): PlanDraft => emptyDraft({ kind: kinds.value[0], ...changes })
export const loading = ref<Loading>('idle')
/** Why the newest question was not answered; what was known stays on the screen. */
export const problem = ref('')
/** Nobody runs a control server here. */
export const isOff = ref(false)

let lookers = 0
let timer = 0

/** Nobody runs it here; everything else is trouble that passes. */
export function isSwitchedOff(error: unknown): boolean {
  return error instanceof ApiError && error.code === SWITCHED_OFF
}

export async function loadModules(): Promise<void> {
  window.clearTimeout(timer)
  if (loading.value !== 'ready') loading.value = 'loading'
  try {
    const [all, sendable] = await Promise.all([askModules(), askKinds()])
    modules.replace(all)
    kinds.value = sendable
    loading.value = 'ready'
    problem.value = ''
    isOff.value = false
  } catch (error) {
    problem.value = messageOf(error)
    isOff.value = isSwitchedOff(error)
    if (loading.value !== 'ready') loading.value = 'failed'
  }
  if (lookers > 0 && !isOff.value) timer = window.setTimeout(() => void loadModules(), problem.value === '' ? EVERY_MS : RETRY_MS)
}

let isHeard = false

function follow(): void {
  if (isHeard) return
  isHeard = true
  // The feed begins with what has changed since the server started, which is not all there is.
  listen('modules', (update) => modules.add(update.rows as unknown as Module[]))
  listen('jobs', (update) => jobs.add(update.rows as unknown as Job[]))
  watch(epoch, (now, before) => {
    if (before !== '' && now !== before) jobs.clear()
  })
  watch(returns, () => lookers > 0 && void loadModules())
}

/** For the page of the fleet: loads it, and keeps it live for as long as somebody looks. */
export function useFleet(): void {
  onMounted(() => {
    follow()
    lookers += 1
    wish({ topic: 'modules', mode: 'latest', interval_ms: LIVE_MS })
    wish({ topic: 'jobs', mode: 'every' })
    void loadModules()
  })
  onBeforeUnmount(() => {
    lookers -= 1
    window.clearTimeout(timer)
    drop('modules')
    drop('jobs')
  })
}
