// Which acts a person is offered on an instruction: what its state allows, what they may do, and whose it is. The server
// decides again by itself; here it only keeps buttons away that would be refused.

import type { Permission } from '../office/rights'
import { ACTS, type Act, type BookInstruction, type BookStatus } from './types'

const AT_WORK: readonly Act[] = ['amend', 'reassign', 'send', 'stop', 'resume', 'fill', 'waive', 'close', 'withdraw']

export const WORKFLOW: Readonly<Record<BookStatus, readonly Act[]>> = {
  draft: ['amend', 'submit', 'withdraw'],
  submitted: ['amend', 'approve', 'reject', 'withdraw'],
  approved: ['amend', 'reject', 'accept', 'reassign', 'withdraw'],
  accepted: ['amend', 'decline', 'reassign', 'send', 'fill', 'withdraw'],
  working: AT_WORK,
  partly_done: AT_WORK,
  cancelling: [],
  done: ['close'],
  closed: [],
  cancelled: [],
  rejected: [],
  expired: [],
}

const NEEDS: Readonly<Record<Act, Permission>> = {
  amend: 'instruct',
  submit: 'instruct',
  withdraw: 'instruct',
  approve: 'approve',
  reject: 'approve',
  accept: 'trade',
  decline: 'trade',
  reassign: 'trade',
  send: 'trade',
  stop: 'trade',
  resume: 'trade',
  fill: 'trade',
  waive: 'trade',
  close: 'trade',
}

/** Acts that cannot be taken back, or that send money to the market: they are confirmed. */
export const GRAVE: ReadonlySet<Act> = new Set(['withdraw', 'approve', 'reject', 'send', 'waive', 'close'])

/** Acts on one line, not on the whole. */
export const OF_A_LINE: ReadonlySet<Act> = new Set(['send', 'resume', 'fill', 'waive'])

export interface Who {
  readonly username: string
  readonly may: (permission: Permission) => boolean
}

export function actsOf(instruction: BookInstruction, who: Who): Act[] {
  return ACTS.filter((act) => instruction.allowed_acts.includes(act) && who.may(NEEDS[act]) && isTheirs(instruction, act, who) && isUseful(instruction, act))
}

function isTheirs(instruction: BookInstruction, act: Act, { username }: Who): boolean {
  // Four eyes: nobody approves what they wrote.
  if (act === 'approve') return !instruction.makers.includes(username)
  if (act === 'accept') return instruction.trader === '' || instruction.trader === username
  return true
}

function isUseful(instruction: BookInstruction, act: Act): boolean {
  const { sends } = instruction
  if (act === 'stop') return sends.some((line) => line.send?.is_stopped !== true && line.working_quantity + unasked(line) > 0)
  if (act === 'resume') return sends.some((line) => line.send?.is_stopped === true)
  if (act === 'send' || act === 'waive') return instruction.left_quantity > 0
  return true
}

function unasked(line: BookInstruction['sends'][number]): number {
  return line.quantity - line.filled_quantity - line.working_quantity - line.refused_quantity - line.missing_quantity
}

export type Mine = 'all' | 'open' | 'mine' | 'to_approve' | 'to_accept'

/** The lists people work through. */
export function isIn(list: Mine, instruction: BookInstruction, who: Who): boolean {
  const { status, actor, trader, makers } = instruction
  switch (list) {
    case 'open':
      return WORKFLOW[status].length > 0 || status === 'cancelling'
    case 'mine':
      return actor === who.username || trader === who.username || makers.includes(who.username)
    case 'to_approve':
      return status === 'submitted' && who.may('approve') && !makers.includes(who.username)
    case 'to_accept':
      return status === 'approved' && who.may('trade') && (trader === '' || trader === who.username)
    case 'all':
      return true
  }
}
