// The permissions there are, by name; whether somebody has one is asked of the session (`app/rights.ts`).

import { may as mayAtAll } from '../app/rights'

export const PERMISSIONS = [
  'market', 'view', 'instruct', 'approve', 'trade', 'plan', 'cash', 'settle', 'halt', 'release', 'chat', 'system', 'operate', 'audit', 'administer',
] as const
export type Permission = (typeof PERMISSIONS)[number]

/** True where there is anything with which they may do this. */
export function may(permission: Permission): boolean {
  return mayAtAll(permission)
}
