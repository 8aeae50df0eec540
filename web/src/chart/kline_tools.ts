// What is added to the K line library when first wanted: more indicators, drawing tools, and marks upon the candles.
// With kline.ts and kline_drawings.ts the only files that know the library.

import { registerIndicator, registerOverlay, type Coordinate, type IndicatorTemplate, type KLineData, type OverlayTemplate } from 'klinecharts'
import { bollinger, ema, kdj, macd, rsi } from './formulas'
import type { PlacedMark } from './marks'
import type { Palette } from './palette'

export interface MarkData {
  readonly marks: readonly PlacedMark[]
  readonly palette: Palette
}

const SIZE = 5
const LEVELS = [0, 0.236, 0.382, 0.5, 0.618, 0.786, 1] as const
let isAdded = false

/** Makes the library know them; once a page. */
export function addTools(): void {
  if (isAdded) return
  isAdded = true
  for (const indicator of INDICATORS) registerIndicator(indicator)
  registerIndicator(MARKS)
  for (const tool of DRAWINGS) registerOverlay(tool)
}

const closes = (bars: readonly KLineData[]): number[] => bars.map((bar) => bar.close)

function lines(...names: readonly string[]): { key: string; title: string; type: string }[] {
  return names.map((name) => ({ key: name, title: `${name.toUpperCase()}: `, type: 'line' }))
}

/** Columns to the rows the library wants; a value not yet defined is left out. */
function rowsOf(columns: Readonly<Record<string, readonly number[]>>, length: number): Record<string, number>[] {
  return Array.from({ length }, (_, at) => {
    const row: Record<string, number> = {}
    for (const [name, column] of Object.entries(columns)) if (!Number.isNaN(column[at]!)) row[name] = column[at]!
    return row
  })
}

const INDICATORS: readonly IndicatorTemplate<Record<string, number>, number>[] = [
  {
    name: 'EMA', shortName: 'EMA', series: 'price', calcParams: [12, 26, 60], shouldOhlc: true,
    figures: lines('ema1', 'ema2', 'ema3'),
    regenerateFigures: (params) => params.map((period, at) => ({ key: `ema${at + 1}`, title: `EMA${period}: `, type: 'line' })),
    calc: (bars, { calcParams }) => {
      const values = closes(bars)
      return rowsOf(Object.fromEntries(calcParams.map((period, at) => [`ema${at + 1}`, ema(values, period)])), bars.length)
    },
  },
  {
    name: 'BOLL', shortName: 'BOLL', series: 'price', calcParams: [20, 2], shouldOhlc: true, figures: lines('up', 'mid', 'dn'),
    calc: (bars, { calcParams: [period = 20, width = 2] }) => {
      const { upper, middle, lower } = bollinger(closes(bars), period, width)
      return rowsOf({ up: upper, mid: middle, dn: lower }, bars.length)
    },
  },
  {
    name: 'MACD', shortName: 'MACD', calcParams: [12, 26, 9],
    figures: [
      ...lines('dif', 'dea'),
      {
        key: 'macd', title: 'MACD: ', type: 'bar', baseValue: 0,
        styles: ({ data, indicator, defaultStyles }) => {
          const value = data.current?.['macd'] ?? 0
          const bars = indicator.styles?.bars?.[0] ?? defaultStyles?.bars?.[0]
          const color = value > 0 ? bars?.upColor : bars?.downColor
          return color === undefined ? {} : { color, borderColor: color }
        },
      },
    ],
    calc: (bars, { calcParams: [fast = 12, slow = 26, signal = 9] }) => rowsOf(macd(closes(bars), fast, slow, signal), bars.length),
  },
  {
    name: 'KDJ', shortName: 'KDJ', calcParams: [9, 3, 3], figures: lines('k', 'd', 'j'),
    calc: (bars, { calcParams: [period = 9, k = 3, d = 3] }) => rowsOf(kdj(bars, period, k, d), bars.length),
  },
  {
    name: 'RSI', shortName: 'RSI', calcParams: [6, 12, 24], figures: lines('rsi1', 'rsi2', 'rsi3'), minValue: 0, maxValue: 100,
    regenerateFigures: (params) => params.map((period, at) => ({ key: `rsi${at + 1}`, title: `RSI${period}: `, type: 'line' })),
    calc: (bars, { calcParams }) => {
      const values = closes(bars)
      return rowsOf(Object.fromEntries(calcParams.map((period, at) => [`rsi${at + 1}`, rsi(values, period)])), bars.length)
    },
  },
]

/** Arrows under and over the candles: signals hollow, fills full, triggers as a diamond at their price. */
const MARKS: IndicatorTemplate<object, number, MarkData> = {
  name: 'MARKS',
  series: 'price',
  figures: [],
  calc: (bars) => bars.map(() => ({})),
  createTooltipDataSource: () => ({ name: '', calcParamsText: '', features: [], legends: [] }),
  draw: ({ ctx, chart, indicator, xAxis, yAxis }) => {
    const { extendData } = indicator
    if (extendData === undefined || extendData === null) return true
    const bars = chart.getDataList()
    const { from, to } = chart.getVisibleRange()
    const stacked = new Map<string, number>()
    for (const mark of extendData.marks) {
      const bar = bars[mark.index]
      if (bar === undefined || mark.index < from || mark.index >= to) continue
      const isUnder = mark.side !== 'sell'
      const name = `${mark.index} ${isUnder}`
      const level = stacked.get(name) ?? 0
      stacked.set(name, level + 1)
      const x = xAxis.convertToPixel(mark.index)
      const edge = yAxis.convertToPixel(isUnder ? bar.low : bar.high)
      const y = mark.kind === 'trigger' && mark.price !== null ? yAxis.convertToPixel(mark.price) : edge + (isUnder ? 1 : -1) * (9 + level * 12)
      drawMark(ctx, mark, { x, y }, extendData.palette)
    }
    return true
  },
}

function drawMark(ctx: CanvasRenderingContext2D, mark: PlacedMark, { x, y }: Coordinate, palette: Palette): void {
  const color = mark.side === null ? palette.average : mark.side === 'buy' ? palette.up : palette.down
  const tip = mark.side === 'sell' ? SIZE : -SIZE
  ctx.beginPath()
  if (mark.kind === 'trigger' || mark.kind === 'roll') {
    ctx.moveTo(x, y - SIZE)
    ctx.lineTo(x + SIZE, y)
    ctx.lineTo(x, y + SIZE)
    ctx.lineTo(x - SIZE, y)
  } else {
    ctx.moveTo(x, y + tip)
    ctx.lineTo(x + SIZE, y - tip)
    ctx.lineTo(x - SIZE, y - tip)
  }
  ctx.closePath()
  ctx.lineWidth = 1.5
  ctx.strokeStyle = color
  ctx.fillStyle = mark.kind === 'signal' ? palette.panel : color
  ctx.fill()
  ctx.stroke()
}

type Draw = (coordinates: readonly Coordinate[], size: { width: number; height: number }) => { x: number; y: number }[][]

function drawing(name: string, points: number, draw: Draw): OverlayTemplate {
  return {
    name,
    totalStep: points + 1,
    needDefaultPointFigure: true,
    needDefaultXAxisFigure: true,
    needDefaultYAxisFigure: true,
    createPointFigures: ({ coordinates, bounding }) =>
      coordinates.length < points ? [] : [{ type: 'line', attrs: draw(coordinates, bounding).map((coordinate) => ({ coordinates: coordinate })) }],
  }
}

/** The line through two points, to both edges. */
function through(a: Coordinate, b: Coordinate, width: number): { x: number; y: number }[] {
  if (a.x === b.x) return [{ x: a.x, y: 0 }, { x: a.x, y: 100_000 }]
  const slope = (b.y - a.y) / (b.x - a.x)
  return [{ x: 0, y: a.y - slope * a.x }, { x: width, y: a.y + slope * (width - a.x) }]
}

const DRAWINGS: readonly OverlayTemplate[] = [
  drawing('tw_segment', 2, ([a, b]) => [[a!, b!]]),
  drawing('tw_line', 2, ([a, b], { width }) => [through(a!, b!, width)]),
  drawing('tw_level', 1, ([a], { width }) => [[{ x: 0, y: a!.y }, { x: width, y: a!.y }]]),
  drawing('tw_channel', 3, ([a, b, c], { width }) => {
    const shift = c!.y - (a!.y + ((b!.y - a!.y) / (b!.x - a!.x || 1)) * (c!.x - a!.x))
    const base = through(a!, b!, width)
    return [base, base.map(({ x, y }) => ({ x, y: y + shift }))]
  }),
  drawing('tw_fibonacci', 2, ([a, b]) => {
    const [left, right] = [Math.min(a!.x, b!.x), Math.max(a!.x, b!.x)]
    return LEVELS.map((level) => {
      const y = b!.y + (a!.y - b!.y) * level
      return [{ x: left, y }, { x: right, y }]
    })
  }),
]
