// Roles, permissions and what they cover, in the reader's words.

import '../i18n/people'
import { t, tCode } from '../i18n'
import { EVERY, type Grant, type Reached, type User } from './types'

export function sayRole(role: string): string {
  return tCode('role', role)
}

export function sayPermission(permission: string): string {
  return tCode('permission', permission)
}

export function nameOfUser(user: Pick<User, 'username' | 'chinese_name' | 'english_name'>): string {
  return user.chinese_name || user.english_name || user.username
}

/** `稳健一号 · 900123`, `全部产品`: the product and account a grant or a reach is for. */
export function sayCover(product: string, account: string): string {
  if (product === EVERY && account === EVERY) return t('cover.all')
  const parts = [product === EVERY ? t('cover.everyProduct') : product === '' ? t('cover.noProduct') : product]
  if (account !== EVERY) parts.push(account)
  return parts.join(' · ')
}

export function sayGrant(grant: Grant): string {
  return `${sayRole(grant.role)}（${sayCover(grant.product_code, grant.account_id)}）`
}

export function sayReach(reached: Reached): string {
  return reached.is_whole ? t('cover.all') : reached.pairs.map(([product, account]) => sayCover(product, account)).join(t('join.words'))
}
