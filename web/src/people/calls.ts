// What the pages ask about people: oneself, and everybody for who administers. In one place.

import { get, newKey, post, put, remove } from '../api/client'
import type { Permission } from '../office/rights'
import type { ApiKey, Enrolment, Grant, GroupEffect, GroupGrant, Me, OpenSession, Preview, Product, Role, User } from './types'

const ME = '/api/v1/me'
const ADMIN = '/api/v1/admin'

const named = (kind: string, name: string): string => `${ADMIN}/${kind}/${encodeURIComponent(name)}`

export const askMe = (): Promise<Me> => get(ME)
export const askSessions = (): Promise<OpenSession[]> => get('/api/v1/sessions')
export const endSession = (id: string): Promise<void> => remove(`/api/v1/sessions/${encodeURIComponent(id)}`)

export function changePassword(was: string, wanted: string): Promise<void> {
  return post(`${ME}/password`, { password: was, new_password: wanted })
}

export const beginTotp = (): Promise<Enrolment> => post(`${ME}/totp`)
/** Answers recovery codes, shown this once. */
export const confirmTotp = (code: string): Promise<string[]> => post(`${ME}/totp/confirm`, { code })
export const removeTotp = (password: string): Promise<void> => post(`${ME}/totp/remove`, { password })

export const askKeys = (): Promise<ApiKey[]> => get(`${ME}/keys`)
export const revokeKey = (id: string): Promise<void> => remove(`${ME}/keys/${encodeURIComponent(id)}`)

export interface KeyWish {
  readonly name: string
  readonly permissions: readonly Permission[]
  readonly products: readonly string[]
  readonly days: number
}

/** `key` makes one key, however often it is sent; its secret is answered this once. */
export function makeKey(wish: KeyWish, key: string): Promise<{ key: ApiKey; secret: string }> {
  return post(`${ME}/keys`, wish, key)
}

export const askUsers = (): Promise<User[]> => get(`${ADMIN}/users`)

export interface NewUser {
  readonly username: string
  readonly english_name: string
  readonly chinese_name: string
  readonly email: string
  readonly language: 'zh' | 'en'
  readonly source: 'local' | 'ldap'
  /** One-time; `null` for who is judged by the directory server. */
  readonly password: string | null
  readonly grants: readonly Grant[]
}

export const addUser = (user: NewUser, key: string): Promise<User> => post(`${ADMIN}/users`, user, key)

export type UserChange = Partial<Pick<User, 'english_name' | 'chinese_name' | 'email' | 'is_disabled' | 'grants'>>

export function changeUser(user: User, change: UserChange): Promise<User> {
  return put(named('users', user.username), { version: user.version, ...change })
}

export function givePassword(username: string, password: string | null, removesTotp: boolean): Promise<User> {
  return post(`${named('users', username)}/password`, { password, remove_totp: removesTotp }, newKey())
}

export const askPreview = (username: string): Promise<Preview> => get(`${named('users', username)}/preview`)
export const askGroupsOf = (username: string): Promise<string[]> => get(named('groups', username))

export const askRoles = (): Promise<Role[]> => get(`${ADMIN}/roles`)

/** `version`: the one that was seen, `null` for a new role. */
export function putRole(name: string, description: string, permissions: readonly Permission[], version: number | null): Promise<Role> {
  return put(named('roles', name), { description, permissions, version })
}

export const removeRole = (role: Role): Promise<void> => remove(`${named('roles', role.name)}?version=${role.version}`)

export const askProducts = (): Promise<Product[]> => get(`${ADMIN}/products`)

export function putProduct(code: string, product: Pick<Product, 'name' | 'sole_accounts' | 'is_active'>, version: number | null): Promise<Product> {
  return put(named('products', code), { ...product, version })
}

export const askGroupGrants = (): Promise<GroupGrant[]> => get(`${ADMIN}/group-grants`)

export interface GroupWish extends Grant {
  readonly group: string
}

export const addGroupGrant = (wish: GroupWish): Promise<GroupGrant> => post(`${ADMIN}/group-grants`, wish, newKey())

export function removeGroupGrant(grant: GroupGrant): Promise<void> {
  return remove(`${ADMIN}/group-grants/${grant.grant_id}?version=${grant.version}`)
}

/** For whom this mapping, in place of the present one, would change what. */
export const tryGroupGrants = (wishes: readonly GroupWish[]): Promise<GroupEffect[]> => post(`${ADMIN}/group-grants/preview`, { group_grants: wishes })

export const askAllKeys = (): Promise<ApiKey[]> => get(`${ADMIN}/keys`)
export const revokeAnyKey = (id: string): Promise<void> => remove(named('keys', id))
