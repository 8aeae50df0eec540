// What the command palette offers: pages, contracts and acts, only what the person may use. Every key of the key table
// has its twin here. Nothing dangerous runs from a list: the emergency stop only opens its dialog.

import { navigation } from '../app/navigation'
import { mayWith } from '../app/rights'
import { go, route } from '../app/router'
import { signOut } from '../app/session'
import { density, DENSITIES, locale, theme, updown } from '../app/settings'
import { isStopAsked } from '../app/stop'
import { t, type Key } from '../i18n'
import { useLayout, windowsOf } from '../market/screens_layout'
import { layout, layouts, PRESET_NAMES } from '../state/layouts'
import { instruments, quotes, rowCount, select } from '../state/market'
import { retryNow } from '../transport/feed'
import { KEYS, turnChart } from './keys'
import { initialsOf } from './pinyin'
import { openPanel, PANELS } from './panels'

export interface Command {
  readonly id: string
  readonly title: string
  /** What kind of thing it is, at the right. */
  readonly kind: string
  readonly key?: string
  /** What is searched, in lower case. */
  readonly words: string
  readonly run: () => void
}

const keyOf = (words: Key): string | undefined => KEYS.find((each) => each.words === words && each.run !== undefined)?.key

function command(id: string, title: string, kind: Key, run: () => void, more = ''): Command {
  return { id, title, kind: t(kind), words: `${title} ${initialsOf(title)} ${more}`.toLowerCase(), run }
}

function pages(): Command[] {
  const offered = navigation.value.flatMap(({ words: group, pages: own }) =>
    own.map(({ path, words }) => ({ ...command(`page.${path}`, t(words), 'palette.page', () => go(path), `${t(group)} ${path}`), ...keyed(words) })),
  )
  const isOffered = (path: string): boolean => offered.some(({ id }) => id === `page.${path}`)
  const twins = [
    { ...command('key.turnChart', t('key.turnChart'), 'palette.act', turnChart), ...keyed('key.turnChart') },
    { ...command('key.orders', t('key.orders'), 'palette.page', () => go('/trades?tab=orders')), ...keyed('key.orders') },
    { ...command('key.trades', t('key.trades'), 'palette.page', () => go('/trades?tab=trades')), ...keyed('key.trades') },
  ]
  const own = [
    command('page./me', t('nav.me'), 'palette.page', () => go('/me')),
    command('page./notices', t('nav.notices'), 'palette.page', () => go('/notices')),
  ]
  return [...offered, ...twins.filter((_, at) => isOffered(at === 0 ? '/market' : '/trades')), ...own]
}

function keyed(words: Key): { key?: string } {
  const key = keyOf(words)
  return key === undefined ? {} : { key }
}

const set = (id: string, title: string, run: () => void): Command => command(id, title, 'palette.setting', run)

function settings(): Command[] {
  const isDark = theme.value === 'dark'
  return [
    set('theme', `${t('settings.theme')}：${t(isDark ? 'settings.theme.light' : 'settings.theme.dark')}`, () => {
      theme.value = isDark ? 'light' : 'dark'
    }),
    set('language', locale.value === 'zh' ? 'English' : '中文', () => {
      locale.value = locale.value === 'zh' ? 'en' : 'zh'
    }),
    ...(['cn', 'us', 'cb'] as const).filter((each) => each !== updown.value).map((each) =>
      set(`updown.${each}`, `${t('settings.updown')}：${t(`settings.updown.${each}`)}`, () => {
        updown.value = each
      })),
    ...DENSITIES.filter((each) => each !== density.value).map((each) =>
      set(`density.${each}`, `${t('settings.density')}：${t(`settings.density.${each}`)}`, () => {
        density.value = each
      })),
  ]
}

const act = (id: string, title: string, run: () => void): Command => command(id, title, 'palette.act', run)

/** A layout with windows is told about on the market page: what the browser did not open stands there. */
function choose(name: string): void {
  useLayout(name)
  if (windowsOf(layout.value.choices).length > 0 && route.value.page !== 'market') go('/market')
}

function acts(ask: { readonly help: () => void; readonly nameLayout: () => void }): Command[] {
  const stop = mayWith('*', '*', 'halt') ? [act('stop', `${t('nav.stop')}…`, () => {
    isStopAsked.value = true
  })] : []
  return [
    ...stop,
    act('help', t('key.help'), ask.help),
    act('print', t('palette.print'), () => globalThis.print()),
    act('reconnect', t('link.retry'), retryNow),
    ...PRESET_NAMES.map((name) => act(`layout.${name}`, `${t('layout.title')}：${t(`layout.${name}`)}`, () => choose(name))),
    ...layouts.value.map(({ name }) => act(`layout.own.${name}`, `${t('layout.title')}：${name}`, () => choose(name))),
    act('layout.save', t('layout.saveAs'), ask.nameLayout),
    ...PANELS.filter(({ needs }) => mayWith('*', '*', needs)).map(({ panel, words }) => act(`window.${panel}`, `${t('palette.window')}：${t(words)}`, () => openPanel(panel))),
    act('sign-out', t('nav.signOut'), () => void signOut().catch(() => undefined)),
  ]
}

/** Everything but contracts, of which there may be thousands: those are looked for by what was typed. */
export function fixedCommands(ask: Parameters<typeof acts>[0]): Command[] {
  return [...pages(), ...acts(ask), ...settings()]
}

export function contractCommand(id: string): Command {
  const instrument = instruments.value.get(id)
  const symbol = instrument?.symbol ?? id.split('.')[0] ?? id
  const name = instrument?.name ?? ''
  return command(`contract.${id}`, name === '' ? symbol : `${symbol} ${name}`, 'palette.contract', () => show(id), id)
}

export function contractIds(): readonly string[] {
  return [...new Set([...instruments.value.keys(), ...quotes.ids])]
}

function show(id: string): void {
  quotes.ensure(id)
  rowCount.value = quotes.size
  select(id)
  go(`/market?i=${encodeURIComponent(id)}`)
}

const MOST = 14

/** The best of what was typed for: beginning so, then containing it; shorter names first, recent ones before others. */
export function matching(commands: readonly Command[], text: string, recents: readonly string[]): Command[] {
  const wanted = text.trim().toLowerCase()
  return commands
    .map((each) => ({ each, rank: rankOf(each, wanted, recents) }))
    .filter(({ rank }) => rank < Infinity)
    .toSorted((a, b) => a.rank - b.rank || a.each.title.length - b.each.title.length)
    .slice(0, MOST)
    .map(({ each }) => each)
}

function rankOf({ id, words }: Command, wanted: string, recents: readonly string[]): number {
  const recent = recents.indexOf(id)
  const nearness = recent < 0 ? 1 : recent / 100
  if (wanted === '') return nearness
  if (words.split(' ').some((word) => word === wanted)) return nearness
  if (words.split(' ').some((word) => word.startsWith(wanted))) return 2 + nearness
  return wanted.split(/\s+/).every((part) => words.includes(part)) ? 4 + nearness : Infinity
}
