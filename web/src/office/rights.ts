// What the person at this page may do, as the server said with the session. It only decides what is offered: the server
// refuses by itself.

import { session } from '../app/session'

export const PERMISSIONS = [
  'market', 'view', 'instruct', 'approve', 'trade', 'plan', 'cash', 'halt', 'release', 'chat', 'system', 'operate', 'audit', 'administer',
] as const
export type Permission = (typeof PERMISSIONS)[number]

/** They belong to no product: whoever has them has them for everything. */
const WHOLE: ReadonlySet<Permission> = new Set(['system', 'operate', 'audit', 'administer'])

/** True where there is anything with which they may do this. A server that says nothing about it is left to refuse. */
export function may(permission: Permission): boolean {
  const told = session.value?.permissions
  if (told === undefined) return true
  const pairs = told[permission] ?? []
  return WHOLE.has(permission) ? pairs.some(([product, account]) => product === '*' && account === '*') : pairs.length > 0
}
