// The only file that knows the K line library: everything else speaks of bars and colours. Loaded when first needed.

import { dispose, init, type Chart, type DataLoaderSubscribeBarParams, type DeepPartial, type KLineData, type Styles } from 'klinecharts'
import type { Locale } from '../app/settings'
import { ABSENT, short } from '../format/numbers'
import { t } from '../i18n'
import type { ChartBar } from '../state/bar_series'
import type { Palette } from './palette'

export interface KlineLook {
  readonly palette: Palette
  readonly locale: Locale
  readonly digits: number
}

export interface Kline {
  /** Replaces all bars (another instrument or period). */
  show(bars: readonly ChartBar[], ticker: string, minutes: number, digits: number): void
  /** Updates the forming bar, or begins the next one. */
  update(bar: ChartBar): void
  restyle(look: KlineLook): void
  resize(): void
  destroy(): void
}

const SMALL = 11

export function createKline(element: HTMLElement, look: KlineLook): Kline {
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
  let bars: readonly ChartBar[] = []
  let push: DataLoaderSubscribeBarParams['callback'] | null = null
  chart.setDataLoader({
    // Answering `more: true` for ever would make the library ask for ever.
    getBars: ({ type, callback }) => callback(type === 'init' ? bars.map(toLibrary) : [], false),
    subscribeBar: ({ callback }) => {
      push = callback
    },
    unsubscribeBar: () => {
      push = null
    },
  })
  addIndicators(chart, () => locale)
  return {
    show(next, ticker, minutes, digits) {
      bars = next
      chart.setPeriod({ type: 'minute', span: minutes })
      chart.setSymbol({ ticker, pricePrecision: digits, volumePrecision: 0 })
      chart.resetData()
    },
    update: (bar) => push?.(toLibrary(bar)),
    restyle(next) {
      locale = next.locale
      chart.setLocale(localeName(locale))
      chart.setStyles(stylesOf(next.palette))
    },
    resize: () => chart.resize(),
    destroy: () => dispose(chart),
  }
}

function localeName(locale: Locale): string {
  return locale === 'zh' ? 'zh-CN' : 'en-US'
}

function addIndicators(chart: Chart, localeNow: () => Locale): void {
  chart.createIndicator({ name: 'MA', calcParams: [5, 20, 60], paneId: 'candle_pane' }, true)
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
