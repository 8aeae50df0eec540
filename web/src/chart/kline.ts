// With kline_tools.ts the only file that knows the K line library: everything else speaks of bars and colours. Loaded
// when first needed, the tools when first wanted.

import { dispose, init, type Chart, type DataLoaderSubscribeBarParams, type DeepPartial, type KLineData, type Styles } from 'klinecharts'
import { persistently } from '../app/fetched'
import type { Locale } from '../app/settings'
import { ABSENT, short } from '../format/numbers'
import { t } from '../i18n'
import type { ChartBar } from './bar_series'
import { createDrawings, type Drawing } from './kline_drawings'
import type { PlacedMark } from './marks'
import type { Palette } from './palette'

export interface KlineLook {
  readonly palette: Palette
  readonly locale: Locale
  readonly digits: number
}

/** What is drawn beside the prices, by the library's names, each with its parameters. */
export interface Study {
  readonly name: string
  readonly params: readonly number[]
}

export interface KlineSeries {
  readonly bars: readonly ChartBar[]
  readonly ticker: string
  readonly unit: 'minute' | 'day' | 'week'
  readonly span: number
  readonly digits: number
  /** The bars before these; empty where there are no more. */
  readonly older?: () => Promise<readonly ChartBar[]>
}

export interface Kline {
  /** Replaces all bars (another instrument or period). */
  show(series: KlineSeries): void
  /** Updates the forming bar, or begins the next one. */
  update(bar: ChartBar): void
  /** Upon the candles, and each in a pane of its own below. */
  study(over: readonly Study[], under: readonly Study[]): Promise<void>
  mark(marks: readonly PlacedMark[]): Promise<void>
  /** Lets somebody place a line with the pointer. */
  draw(name: string): Promise<void>
  /** Gives up the line that is being placed. */
  cancelDrawing(): void
  setDrawings(drawings: readonly Drawing[]): Promise<void>
  /** Tells the place of the bar under the pointer, `null` when it has left. */
  onPoint(listener: (index: number | null) => void): void
  bars(): readonly { readonly ms: number }[]
  restyle(look: KlineLook): void
  resize(): void
  destroy(): void
}

const SMALL = 11
const CANDLES = 'candle_pane'
const UNDER_HEIGHT = 90

/** Hears all drawings whenever somebody changed one, and whether one is being placed. */
export interface DrawingListener {
  changed(drawings: Drawing[]): void
  placing(isPlacing: boolean): void
}

export function createKline(element: HTMLElement, look: KlineLook, drawing: DrawingListener): Kline {
  let { locale } = look
  const chart = init(element, {
    locale: localeName(locale),
    timezone: 'Asia/Shanghai',
    styles: stylesOf(look.palette),
    // Numbers as everywhere else on the page: prices without separators, volumes in 万 or k.
    thousandsSeparator: { sign: '' },
    formatter: { formatBigNumber: (value) => short(Number(value), locale) },
  })
  if (chart === null) throw new Error('the chart library found no place to draw in')
  // The library makes its own box a stop of the Tab key; the panel around it is the stop here.
  for (const box of element.querySelectorAll('[tabindex]')) box.setAttribute('tabindex', '-1')
  let shown: KlineSeries | null = null
  let push: DataLoaderSubscribeBarParams['callback'] | null = null
  let { palette } = look
  const drawings = createDrawings(chart, (all) => drawing.changed(all), (isPlacing) => drawing.placing(isPlacing))
  chart.setDataLoader({
    getBars: ({ type, callback }) => {
      const series = shown
      if (type === 'init') return callback((series?.bars ?? []).map(toLibrary), { forward: series?.older !== undefined, backward: false })
      // Answering that there is more for ever would make the library ask for ever.
      const asked = type === 'forward' ? series?.older?.() : undefined
      if (asked === undefined) return callback([], false)
      return asked.then(
        (older) => series === shown && callback(older.map(toLibrary), { forward: older.length > 0, backward: false }),
        () => callback([], false),
      ) as Promise<void>
    },
    subscribeBar: ({ callback }) => {
      push = callback
    },
    unsubscribeBar: () => {
      push = null
    },
  })
  addVolume(chart, () => locale)
  let over = ''
  let under = ''

  return {
    show(series) {
      // A line begun upon one instrument is none of the next.
      if (shown !== null && shown.ticker !== series.ticker) drawings.cancel()
      shown = series
      chart.setPeriod({ type: series.unit, span: series.span })
      chart.setSymbol({ ticker: series.ticker, pricePrecision: series.digits, volumePrecision: 0 })
      chart.resetData()
    },
    update: (bar) => push?.(toLibrary(bar)),
    async study(wantedOver, wantedUnder) {
      if ([...wantedOver, ...wantedUnder].some(({ name }) => name !== 'MA' && name !== 'VOL')) await tools()
      const names = [JSON.stringify(wantedOver), JSON.stringify(wantedUnder)] as const
      if (names[0] !== over) {
        for (const { name } of chart.getIndicators({ paneId: CANDLES })) if (name !== 'MARKS') chart.removeIndicator({ paneId: CANDLES, name })
        for (const { name, params } of wantedOver) chart.createIndicator({ name, calcParams: [...params], paneId: CANDLES }, true)
      }
      if (names[1] !== under) {
        for (const { name, paneId } of chart.getIndicators()) if (paneId !== CANDLES && name !== 'VOL') chart.removeIndicator({ paneId, name })
        for (const { name, params } of wantedUnder) chart.createIndicator({ name, calcParams: [...params], paneId: `under_${name}` })
        for (const { name } of wantedUnder) chart.setPaneOptions({ id: `under_${name}`, height: UNDER_HEIGHT })
      }
      ;[over, under] = names
    },
    async mark(marks) {
      const isThere = chart.getIndicators({ name: 'MARKS' }).length > 0
      if (marks.length === 0 && !isThere) return
      await tools()
      const extendData = { marks, palette }
      if (isThere) chart.overrideIndicator({ name: 'MARKS', paneId: CANDLES, extendData })
      else chart.createIndicator({ name: 'MARKS', paneId: CANDLES, extendData }, true)
    },
    async draw(name) {
      await tools()
      drawings.place(name)
    },
    cancelDrawing: () => drawings.cancel(),
    async setDrawings(wanted) {
      if (wanted.length === 0 && drawings.isEmpty) return
      await tools()
      drawings.set(wanted)
    },
    onPoint(listener) {
      chart.subscribeAction('onCrosshairChange', (data) => {
        const { dataIndex, paneId } = (data ?? {}) as { dataIndex?: number; paneId?: string }
        listener(paneId === undefined ? null : (dataIndex ?? null))
      })
    },
    bars: () => chart.getDataList().map(({ timestamp }) => ({ ms: timestamp })),
    restyle(next) {
      locale = next.locale
      palette = next.palette
      chart.setLocale(localeName(locale))
      chart.setStyles(stylesOf(next.palette))
    },
    resize: () => chart.resize(),
    destroy: () => dispose(chart),
  }
}

async function tools(): Promise<void> {
  const { addTools } = await persistently(() => import('./kline_tools'))
  addTools()
}

function localeName(locale: Locale): string {
  return locale === 'zh' ? 'zh-CN' : 'en-US'
}

function addVolume(chart: Chart, localeNow: () => Locale): void {
  chart.createIndicator({
    name: 'VOL',
    calcParams: [],
    // The library says VOLUME in every language.
    createTooltipDataSource: ({ crosshair, indicator }) => {
      const bar = indicator.result[crosshair.dataIndex ?? indicator.result.length - 1] as { volume?: number } | undefined
      return { name: t('col.volume'), calcParamsText: '', features: [], legends: [{ title: '', value: short(bar?.volume, localeNow()) }] }
    },
  })
}

function toLibrary(bar: ChartBar): KLineData {
  const { ms, open, high, low, close, volume, turnover } = bar
  return { timestamp: ms, open, high, low, close, volume, turnover }
}

function stylesOf(palette: Palette): DeepPartial<Styles> {
  const { up, down, muted, line, text, panel, font } = palette
  const pair = { upColor: up, downColor: down, noChangeColor: muted }
  const axis = {
    axisLine: { color: line },
    tickLine: { show: false },
    tickText: { color: muted, size: SMALL, family: font },
  }
  const mark = { color: muted, textFamily: font }
  const crosshairText = { color: panel, backgroundColor: muted, borderColor: muted, size: SMALL, family: font }
  const legend = { size: SMALL, family: font, color: muted, defaultValue: ABSENT }
  return {
    grid: { horizontal: { color: line, style: 'dashed' }, vertical: { show: false } },
    candle: {
      bar: {
        ...pair,
        upBorderColor: up,
        downBorderColor: down,
        noChangeBorderColor: muted,
        upWickColor: up,
        downWickColor: down,
        noChangeWickColor: muted,
      },
      priceMark: {
        high: mark,
        low: mark,
        last: { ...pair, text: { size: SMALL, family: font, color: panel } },
      },
      tooltip: { showRule: 'follow_cross', offsetTop: 4, title: { show: false }, legend: { ...legend, color: text } },
    },
    indicator: {
      // VOL and MACD bars take their colours from here, not from the candle's.
      bars: [{ ...pair, upColor: fade(up), downColor: fade(down), noChangeColor: fade(muted) }],
      lines: [palette.average, palette.accent, '#a779e9'].map((color) => ({ color, size: 1 })),
      lastValueMark: { show: false },
      tooltip: { offsetTop: 4, title: { ...legend, showParams: false }, legend },
    },
    xAxis: axis,
    yAxis: axis,
    separator: { color: line, activeBackgroundColor: line },
    crosshair: {
      horizontal: { line: { color: muted }, text: crosshairText },
      vertical: { line: { color: muted }, text: crosshairText },
    },
  }
}

/** Volume stands behind the price: the same colour, less of it. */
function fade(color: string): string {
  return /^#[0-9a-f]{6}$/i.test(color) ? `${color}b0` : color
}
