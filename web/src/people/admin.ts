// What the administration shows: asked for once for all of its parts, and again after each change.

import { shallowRef, ref } from 'vue'
import { messageOf } from '../app/session'
import { askGroupGrants, askProducts, askRoles, askUsers } from './calls'
import type { GroupGrant, Product, Role, User } from './types'

export const users = shallowRef<readonly User[]>([])
export const roles = shallowRef<readonly Role[]>([])
export const products = shallowRef<readonly Product[]>([])
export const groupGrants = shallowRef<readonly GroupGrant[]>([])
export const isLoaded = ref(false)
export const problem = ref('')

export async function loadAll(): Promise<void> {
  try {
    const [people, names, funds, groups] = await Promise.all([askUsers(), askRoles(), askProducts(), askGroupGrants()])
    users.value = people.toSorted((a, b) => (a.username < b.username ? -1 : 1))
    roles.value = names
    products.value = funds.toSorted((a, b) => (a.code < b.code ? -1 : 1))
    groupGrants.value = groups
    problem.value = ''
    isLoaded.value = true
  } catch (error) {
    problem.value = messageOf(error)
  }
}
