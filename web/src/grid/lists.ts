// The watch-lists as the grid speaks of them.

import { t } from '../i18n'
import type { WatchList } from '../state/watchlists'

export { addTo, isIn, listOf, move, removeFrom, watchlists, type WatchList } from '../state/watchlists'

/** As the person named it, or 自选. */
export function sayList({ name }: WatchList): string {
  return name === '' ? t('grid.watchlist') : name
}
