// What the page asks of the control server, in one place.

import { get, post, put, remove } from '../api/client'
import type { Cadence, ControlServer, Execution, Job, JobDetail, JobPage, JobPlan, JobState, Module, Schedule, Step, Workflow, WorkflowRun } from './types'

const API = '/api/v1'
const PAGE = 500

const named = (kind: string, name: string): string => `${API}/${kind}/${encodeURIComponent(name)}`

/** Every module that is not retired, page by page. */
export async function askModules(): Promise<readonly Module[]> {
  const all: Module[] = []
  let after = ''
  do {
    const page = await get<{ modules: Module[]; next: string }>(`${API}/modules?limit=${PAGE}&after=${encodeURIComponent(after)}`)
    all.push(...page.modules)
    after = page.next
  } while (after !== '')
  return all
}

/** The kinds of jobs that may be sent, the usual one first. */
export const askKinds = async (): Promise<string[]> => (await get<{ kinds: string[] }>(`${API}/modules/kinds`)).kinds
export const askModule = (id: string): Promise<{ module: Module; executions: Execution[] }> => get(named('modules', id))

export function changeModule(module: Module, name: string, labels: readonly string[]): Promise<Module> {
  return put(named('modules', module.module_id), { name, labels, version: module.version })
}

export type ModuleAct = 'admit' | 'close' | 'shutdown' | 'retire'

export const actOn = (id: string, act: ModuleAct): Promise<Module> => post(`${named('modules', id)}/${act}`)

export interface JobFilter {
  readonly state: JobState | ''
  readonly search: string
  readonly module: string
  readonly before: string
}

export function askJobs(filter: JobFilter, limit = 50): Promise<JobPage> {
  const query = new URLSearchParams({ limit: String(limit) })
  if (filter.state !== '') query.set('state', filter.state)
  if (filter.search !== '') query.set('search', filter.search)
  if (filter.module !== '') query.set('module_id', filter.module)
  if (filter.before !== '') query.set('before', filter.before)
  return get(`${API}/jobs?${query}`)
}

export const askJob = (id: string, after = ''): Promise<JobDetail> => get(`${named('jobs', id)}?after=${encodeURIComponent(after)}`)
/** `key` makes one job, however often it is sent. */
export const startJob = (plan: JobPlan, key: string): Promise<Job> => post(`${API}/jobs`, { plan }, key)
export const cancelJob = (id: string): Promise<Job> => post(`${named('jobs', id)}/cancel`)

export const askSchedules = async (): Promise<Schedule[]> => (await get<{ schedules: Schedule[] }>(`${API}/schedules`)).schedules

export interface ScheduleWish {
  readonly cadence: Cadence
  readonly plan: JobPlan | null
  readonly workflow_id: string
  readonly is_enabled: boolean
  /** The version that was seen, 0 for a new one. */
  readonly version: number
}

export const putSchedule = (name: string, wish: ScheduleWish): Promise<Schedule> => put(named('schedules', name), wish)
export const removeSchedule = (schedule: Schedule): Promise<void> => remove(`${named('schedules', schedule.name)}?version=${schedule.version}`)

export const askWorkflows = async (): Promise<Workflow[]> => (await get<{ workflows: Workflow[] }>(`${API}/workflows`)).workflows
export const createWorkflow = (name: string, steps: readonly Step[], key: string): Promise<Workflow> => post(`${API}/workflows`, { name, steps }, key)
export const removeWorkflow = (id: string): Promise<void> => remove(named('workflows', id))
export const runWorkflow = (id: string, key: string): Promise<WorkflowRun> => post(`${named('workflows', id)}/execute`, undefined, key)
export const askRuns = async (): Promise<WorkflowRun[]> => (await get<{ runs: WorkflowRun[] }>(`${API}/workflow-runs?limit=50`)).runs

export const askServers = async (): Promise<ControlServer[]> => (await get<{ servers: ControlServer[] }>(`${API}/control-servers`)).servers
