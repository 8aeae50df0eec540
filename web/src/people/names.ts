// What somebody is called wherever it is told who did something: one name for one person on every page.

import { computed, shallowRef, watch } from 'vue'
import '../i18n/persons'
import { get } from '../api/client'
import { may } from '../app/rights'
import { session } from '../app/session'
import { locale } from '../app/settings'
import { t } from '../i18n'

/** Whoever holds the access token of the installation; no user can have this name. */
const ADMINISTRATOR = 'administrator'
export const PLATFORM = 'platform'
/** Somebody may have come since; a page that shows a stranger asks for everybody again, but not all the time. */
const AGAIN_MS = 60_000

interface Person {
  readonly username: string
  readonly chinese_name: string
  readonly english_name: string
}

const known = shallowRef<ReadonlyMap<string, Person>>(new Map())
let askedAt = -AGAIN_MS

/** Asks who there is, at most once in a while. */
export async function learnPeople(): Promise<void> {
  const mine = session.value
  if (mine === null || !may('view') || performance.now() - askedAt < AGAIN_MS) return
  askedAt = performance.now()
  try {
    const people = await get<readonly Person[]>('/api/v1/people')
    if (session.value?.identity === mine.identity) known.value = new Map(people.map((each) => [each.username, each]))
  } catch {
    // Who may not know goes on with user names, which say as much as the record.
  }
}

// The next to sit here may know other people.
watch(() => session.value?.identity, () => {
  known.value = new Map()
  askedAt = -AGAIN_MS
})

function nameOf(username: string): string {
  const { identity = '', name = '' } = session.value ?? {}
  if (username === ADMINISTRATOR) return t('person.administrator')
  if (username === identity && name !== '') return name
  const person = known.value.get(username)
  if (person === undefined) {
    if (username !== '') void learnPeople()
    return ''
  }
  return called(person)
}

function called({ chinese_name: chinese, english_name: english }: Person): string {
  return locale.value === 'zh' ? chinese || english : english || chinese
}

/** Everybody who is known by now. */
export const colleagues = computed(() => [...known.value.values()].map((each) => ({ username: each.username, name: called(each) })))

/** `管理员（administrator）`, `孟经理（meng）`; who is not known, or was given no name, by user name. */
export function sayPerson(username: string): string {
  if (username === PLATFORM) return t('person.platform')
  const name = nameOf(username)
  return name === '' || name === username ? username : t('person.known', { name, username })
}
