// The rows of the grid as things stand: what tab, filter, groups and sorting make of the table. Knows no screen.

import { ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { t, type Key } from '../i18n'
import { instruments, nameOf, quotes } from '../state/market'
import { arrange, keepPlaces, kindOf, mainRows, matches, type Group, type Grouping } from './arrange'
import { COLUMNS, exchangeOf, isLive } from './columns'
import { listOf } from './lists'
import { gridPrefs } from './prefs'

/** What the filter above the grid says; not kept. */
export const filter = ref('')

export interface Rows {
  readonly order: ShallowRef<readonly number[]>
  readonly groups: ShallowRef<readonly Group[]>
  /** True while an order that moves is held still for somebody who points. */
  readonly isHeld: Ref<boolean>
  renew(isByHand: boolean): void
}

/** True while a column that moves with the market decides the order. */
export function isLiveSorted(): boolean {
  return gridPrefs.sortings.some(({ key }) => COLUMNS.some((column) => column.key === key && isLive(column)))
}

export function useRows(): Rows {
  const order = shallowRef<readonly number[]>([])
  const groups = shallowRef<readonly Group[]>([])
  const isHeld = ref(false)

  /** `isByHand`: somebody asked for this order; otherwise rows under a pointer keep their places. */
  function renew(isByHand: boolean): void {
    const rows = shownRows()
    if (isHeld.value && !isByHand && order.value.length > 0) {
      if (gridPrefs.group === 'none') order.value = keepPlaces(order.value, rows)
      return
    }
    const known = keepPlaces(order.value.filter((row) => row >= 0), rows)
    const { sortings, group } = gridPrefs
    const made = arrange(quotes, {
      // Unsorted, rows stand as the table, or the person's own list, has them.
      rows: sortings.length === 0 ? rows : known,
      sortings,
      keyOf: (key) => COLUMNS.find((column) => column.key === key)?.sortKey,
      groupOf: group === 'none' ? null : (row) => groupOf(quotes.ids[row]!, group),
      folded: new Set(gridPrefs.folded),
      isWanted: () => true,
    })
    order.value = made.order
    groups.value = made.groups
  }

  return { order, groups, isHeld, renew }
}

function shownRows(): number[] {
  const { tab } = gridPrefs
  const all = Array.from({ length: quotes.size }, (_, row) => row)
  const text = filter.value.trim()
  const isFound = (row: number): boolean => text === '' || matches(text, quotes.ids[row]!, nameOf(quotes.ids[row]!))
  const [kind, name = ''] = tab.split(':')
  if (kind === 'list') return (listOf(name)?.instruments ?? []).map((id) => quotes.ensure(id)).filter((row) => row >= 0 && isFound(row))
  if (kind === 'main') {
    const mains = mainRows(quotes, instruments.value)
    return all.filter((row) => mains.has(row) && isFound(row))
  }
  if (kind === 'exchange') return all.filter((row) => exchangeOf(quotes.ids[row]!) === name && isFound(row))
  if (kind === 'product') return all.filter((row) => instruments.value.get(quotes.ids[row]!)?.product_id === name && isFound(row))
  if (kind === 'kind') return all.filter((row) => kindOf(exchangeOf(quotes.ids[row]!)) === name && isFound(row))
  return all.filter(isFound)
}

function groupOf(id: string, group: Grouping): string {
  const exchange = exchangeOf(id)
  if (group === 'exchange') return exchange
  const facts = instruments.value.get(id)
  if (group === 'kind') return kindOf(exchange, facts !== undefined && 'option' in facts && facts.option !== null)
  return kindOf(exchange) === 'future' ? (facts?.product_id ?? '') : exchange
}

/** What the head of a group says. */
export function sayGroup({ name, count }: Group): string {
  const { group } = gridPrefs
  const key = `${group}.${name}` as Key
  const word = group === 'product' ? productName(name) : t(key)
  return `${word === key ? name : word}  ${count}`
}

/** A product's name is its contracts' without the month. */
export function productName(product: string): string {
  for (const facts of instruments.value.values()) {
    if (facts.product_id === product && facts.name !== '') return `${product} ${facts.name.replace(/\d+\s*$/, '').trim()}`
  }
  return product
}
