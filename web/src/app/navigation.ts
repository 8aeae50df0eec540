// The navigation: eight tasks in the order of a trading day, each with its pages. A new page is one line here (and one
// in the table of addresses in `router.ts` or `office/routes.ts`); its name must be a word of zh and en.

import { computed } from 'vue'
import type { Key } from '../i18n'
import { may } from './rights'
import { route } from './router'

export interface NavPage {
  readonly path: string
  readonly words: Key
  /** The permission without which it is not offered; '' for everybody. */
  readonly needs: string
}

const page = (path: string, words: Key, needs: string): NavPage => ({ path, words, needs })

export const GROUPS = {
  market: [
    page('/market', 'nav.market', 'market'),
    page('/chart', 'nav.chart', 'market'),
    page('/contracts', 'nav.contracts', 'market'),
  ],
  signals: [
    page('/signals', 'nav.signals', 'market'),
    page('/alerts', 'nav.alerts', 'market'),
  ],
  trading: [
    page('/positions', 'nav.positions', 'view'),
    page('/trades', 'nav.trades', 'view'),
    page('/strategy', 'nav.strategy', 'view'),
  ],
  orders: [
    page('/instructions', 'nav.instructions', 'view'),
    page('/instructions/new', 'nav.compose', 'instruct'),
    page('/blotter', 'nav.blotter', 'trade'),
    page('/chat', 'nav.chat', 'chat'),
  ],
  account: [
    page('/account', 'nav.account', 'view'),
    page('/products', 'nav.products', 'view'),
    page('/stats', 'nav.stats', 'view'),
    page('/report', 'nav.report', 'view'),
  ],
  fleet: [
    page('/fleet', 'nav.fleet', 'system'),
  ],
  ops: [
    page('/ops', 'nav.system', 'system'),
  ],
  admin: [
    page('/admin', 'nav.admin', 'administer'),
  ],
} as const satisfies Readonly<Record<string, readonly NavPage[]>>

export type GroupName = keyof typeof GROUPS

export interface NavGroup {
  readonly name: GroupName
  readonly words: Key
  readonly pages: readonly NavPage[]
}

/** What the person may use: groups without a page of theirs are not shown. */
export const navigation = computed<readonly NavGroup[]>(() =>
  (Object.keys(GROUPS) as GroupName[])
    .map((name): NavGroup => ({ name, words: `nav.group.${name}`, pages: (GROUPS[name] as readonly NavPage[]).filter(({ needs }) => needs === '' || may(needs)) }))
    .filter(({ pages }) => pages.length > 0),
)

/** Pages that stand at a second address. */
const OTHERWISE: Readonly<Record<string, string>> = { '/': '/market', '/system': '/ops' }

/** The group the page on the screen belongs to. */
export const here = computed(() => {
  const { path } = route.value
  const known = OTHERWISE[path] ?? path
  return navigation.value.find(({ pages }) => pages.some((each) => each.path === known))
    ?? navigation.value.find(({ pages }) => pages.some((each) => known.startsWith(`${each.path}/`)))
})
