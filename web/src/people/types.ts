// People as the server sends them, in the field names of the Python structs.

import type { Ns } from '../api/types'
import type { Permission } from '../office/rights'

/** In a grant: each product, or each account, there is and will be. */
export const EVERY = '*'

export interface Grant {
  readonly role: string
  readonly product_code: string
  readonly account_id: string
}

export interface User {
  readonly user_id: number
  readonly username: string
  readonly english_name: string
  readonly chinese_name: string
  readonly email: string
  readonly source: 'local' | 'ldap'
  readonly language: 'zh' | 'en'
  readonly is_disabled: boolean
  readonly has_totp: boolean
  readonly grants: readonly Grant[]
  readonly groups?: readonly string[]
  readonly version: number
  readonly created_at: Ns
  readonly updated_at: Ns
}

export interface Role {
  readonly name: string
  readonly description: string
  readonly permissions: readonly Permission[]
  readonly is_built_in: boolean
  readonly version: number
}

export interface Product {
  readonly code: string
  readonly name: string
  readonly sole_accounts: readonly string[]
  readonly is_active: boolean
  readonly version: number
}

/** What everybody in a group of the directory server may do. */
export interface GroupGrant extends Grant {
  readonly grant_id: number
  readonly group_name: string
  readonly version: number
}

/** What a permission covers, as pairs of product and account. */
export interface Reached {
  readonly permission: Permission
  readonly is_whole: boolean
  readonly pairs: readonly (readonly [string, string])[]
}

export interface Me {
  /** 0: the access token's holder, who is no user. */
  readonly user_id: number
  readonly username: string
  readonly name: string
  readonly english_name: string
  readonly chinese_name: string
  readonly email: string
  readonly source: 'local' | 'ldap'
  readonly has_totp: boolean
  readonly must_change_password: boolean
  readonly permissions: readonly Reached[]
}

export interface ApiKey {
  readonly key_id: string
  readonly name: string
  readonly username: string
  readonly permissions: readonly Permission[]
  readonly products: readonly string[]
  readonly created_at: Ns
  readonly expires_at: Ns
  /** 0: never. */
  readonly used_at: Ns
  readonly used_from: string
}

export interface OpenSession {
  readonly session_id: string
  readonly identity: string
  readonly created_at: Ns
  readonly used_at: Ns
  readonly peer: string
  readonly user_agent: string
  readonly is_current: boolean
}

export interface Enrolment {
  readonly secret: string
  readonly uri: string
}

export interface Preview {
  readonly username: string
  readonly may_come_in: boolean
  readonly grants: readonly Grant[]
  readonly permissions: readonly Reached[]
}

/** For whom a mapping would change what. */
export interface GroupEffect {
  readonly username: string
  readonly before: Readonly<Record<string, readonly (readonly [string, string])[]>>
  readonly after: Readonly<Record<string, readonly (readonly [string, string])[]>>
}
