// What somebody is called wherever it is told who did something: one name for one person on every page.

import '../i18n/persons'
import { session } from '../app/session'
import { t } from '../i18n'

/** Whoever holds the access token of the installation; no user can have this name. */
const ADMINISTRATOR = 'administrator'
export const PLATFORM = 'platform'

/** `管理员（administrator）`, `孟经理（meng）` for oneself; of others the page knows their user names and no more. */
export function sayPerson(username: string): string {
  if (username === PLATFORM) return t('person.platform')
  const { identity = '', name = '' } = session.value ?? {}
  const known = username === ADMINISTRATOR ? t('person.administrator') : username === identity ? name : ''
  return known === '' || known === username ? username : t('person.known', { name: known, username })
}
