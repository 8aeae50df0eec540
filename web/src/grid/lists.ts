// Where the grid's watch-lists come from: the one line to change when they are kept elsewhere.

import { t } from '../i18n'
import { watchlists, type WatchList } from './own_lists'

export { addTo, isIn, move, removeFrom, watchlists, type WatchList } from './own_lists'

export function listOf(list: string): WatchList | undefined {
  return watchlists.value.find(({ list_id: id }) => id === list)
}

/** As the person named it, or 自选. */
export function sayList({ name }: WatchList): string {
  return name === '' ? t('grid.watchlist') : name
}
