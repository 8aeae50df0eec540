// The only file that knows ECharts. Canvas alone, words painted on it: the page's policy allows no markup from scripts.

import { LineChart } from 'echarts/charts'
import { GridComponent, TooltipComponent } from 'echarts/components'
import { init, use } from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'
import { money, percentOf } from '../desk/exact'
import { minute } from '../format/times'
import type { CurvePoint, ValueCurve } from './equity_model'

use([LineChart, GridComponent, TooltipComponent, CanvasRenderer])

export interface CurveLook {
  readonly line: string
  readonly text: string
  readonly muted: string
  readonly grid: string
  readonly raised: string
  readonly font: string
}

interface Drawn {
  resize(): void
  dispose(): void
}

export interface Curve extends Drawn {
  draw(points: readonly CurvePoint[], look: CurveLook): void
}

export interface ValueChart extends Drawn {
  draw(curve: ValueCurve, look: ValueLook): void
}

export interface ValueLook extends CurveLook {
  readonly fall: string
  readonly benchmark: string
  readonly words: Readonly<Record<'value' | 'fall' | 'benchmark', string>>
}

/** The axis of falls reaches down to this at least: where nothing has fallen it is a line on top, not on the floor. */
const LEAST_FALL = -0.01
/** Least share of the value that the axis spans: a flat account must look flat, not like a mountain range. */
const LEAST_SPAN = 0.0005
/** Labels say minutes: closer ones would say the same twice. */
const MINUTE_MS = 60_000
/** On either side of a single point: left alone it would stand in the middle of days. */
const AROUND_MS = 30 * MINUTE_MS

export function equityCurve(element: HTMLElement): Curve {
  const chart = init(element, null, { renderer: 'canvas' })
  return {
    // From hours to days the axis is another one: nothing of the one before may stay.
    draw: (points, look) => chart.setOption(optionOf(points, look), true),
    resize: () => chart.resize(),
    dispose: () => chart.dispose(),
  }
}

/** Net value above, how far below its height beneath it. */
export function valueChart(element: HTMLElement): ValueChart {
  const chart = init(element, null, { renderer: 'canvas' })
  return {
    // Another account's curve has another number of lines: nothing of the one before may stay.
    draw: (curve, look) => chart.setOption(valueOption(curve, look), true),
    resize: () => chart.resize(),
    dispose: () => chart.dispose(),
  }
}

function valueOption(curve: ValueCurve, look: ValueLook): Option {
  const labels = curve.points.map((point) => point.label)
  const axis = { type: 'category', data: labels, boundaryGap: false, axisLine: { lineStyle: { color: look.grid } }, axisTick: { show: false } } as const
  const side = { type: 'value', splitNumber: 3, splitLine: { lineStyle: { color: look.grid } } } as const
  const line = { type: 'line', showSymbol: labels.length < 2, sampling: 'lttb' } as const
  return {
    animation: false,
    textStyle: { fontFamily: look.font },
    grid: [
      { left: 56, right: 18, top: 14, bottom: '36%' },
      { left: 56, right: 18, top: '70%', bottom: 24 },
    ],
    xAxis: [
      { ...axis, axisLabel: { show: false } },
      { ...axis, gridIndex: 1, axisLabel: { color: look.muted, hideOverlap: true } },
    ],
    yAxis: [
      { ...side, scale: true, axisLabel: { color: look.muted, formatter: (value: number) => value.toFixed(4) } },
      { ...side, splitNumber: 2, gridIndex: 1, max: 0, min: ({ min }: { readonly min: number }) => Math.min(min, LEAST_FALL), axisLabel: { color: look.muted, formatter: (value: number) => `${(value * 100).toFixed(1)}%` } },
    ],
    axisPointer: { link: [{ xAxisIndex: 'all' }] },
    tooltip: {
      trigger: 'axis',
      renderMode: 'richText',
      backgroundColor: look.raised,
      borderColor: look.grid,
      textStyle: { color: look.text, fontSize: 12 },
      axisPointer: { lineStyle: { color: look.muted } },
      formatter: (found: unknown) => {
        const at = (found as readonly { readonly dataIndex: number }[])[0]?.dataIndex ?? -1
        const point = curve.points[at]
        if (point === undefined) return ''
        const beside = point.benchmark === null ? '' : `\n${look.words.benchmark} ${point.benchmark.toFixed(4)}`
        return `${point.label}\n${look.words.value} ${point.text}\n${look.words.fall} ${percentOf(point.fallText)}${beside}`
      },
    },
    series: [
      { ...line, name: look.words.value, data: curve.points.map((point) => point.value), lineStyle: { width: 1.8, color: look.line }, itemStyle: { color: look.line } },
      { ...line, name: look.words.benchmark, data: curve.points.map((point) => point.benchmark), connectNulls: true, lineStyle: { width: 1.2, type: 'dashed', color: look.benchmark }, itemStyle: { color: look.benchmark } },
      { ...line, name: look.words.fall, xAxisIndex: 1, yAxisIndex: 1, data: curve.points.map((point) => point.fall), lineStyle: { width: 1, color: look.fall }, itemStyle: { color: look.fall }, areaStyle: { color: look.fall, opacity: 0.25 } },
    ],
  }
}

type Option = Parameters<ReturnType<typeof init>['setOption']>[0]

function optionOf(points: readonly CurvePoint[], look: CurveLook): Option {
  const values = points.map((point) => point.value)
  // Samples come at uneven times: an hour must be as wide as sixty minutes.
  const isTimed = points.length > 0 && points.every((point) => point.ms !== undefined)
  const only = points.length === 1 ? points[0]?.ms : undefined
  const middle = values.length === 0 ? 0 : (Math.max(...values) + Math.min(...values)) / 2
  const half = Math.max((Math.max(...values, middle) - Math.min(...values, middle)) * 0.6, Math.abs(middle) * LEAST_SPAN)
  return {
    animation: false,
    textStyle: { fontFamily: look.font },
    grid: { left: 12, right: 18, top: 18, bottom: 8, containLabel: true },
    xAxis: {
      ...(isTimed ? { type: 'time', minInterval: MINUTE_MS, splitLine: { show: false } } : { type: 'category', data: points.map((point) => point.label) }),
      ...(only === undefined ? {} : { min: only - AROUND_MS, max: only + AROUND_MS }),
      boundaryGap: false as never,
      axisLine: { lineStyle: { color: look.grid } },
      axisTick: { show: false },
      // Shanghai's time, wherever the page is read.
      axisLabel: { color: look.muted, hideOverlap: true, ...(isTimed ? { formatter: (ms: number) => minute(ms) } : {}) },
    },
    yAxis: {
      type: 'value',
      min: middle - half,
      max: middle + half,
      splitNumber: 4,
      axisLabel: { color: look.muted, showMinLabel: false, showMaxLabel: false, formatter: (value: number) => money(value.toFixed(0), 0) },
      splitLine: { lineStyle: { color: look.grid } },
    },
    tooltip: {
      trigger: 'axis',
      renderMode: 'richText',
      backgroundColor: look.raised,
      borderColor: look.grid,
      textStyle: { color: look.text, fontSize: 12 },
      axisPointer: { lineStyle: { color: look.muted } },
      formatter: (found: unknown) => {
        const at = (found as readonly { readonly dataIndex: number }[])[0]?.dataIndex ?? -1
        const point = points[at]
        return point === undefined ? '' : `${point.label}   ${money(point.text)}`
      },
    },
    series: [
      {
        type: 'line',
        data: isTimed ? points.map((point) => [point.ms ?? 0, point.value]) : values,
        showSymbol: points.length < 2,
        sampling: 'lttb',
        lineStyle: { width: 1.6, color: look.line },
        itemStyle: { color: look.line },
        areaStyle: { color: look.line, opacity: 0.12 },
      },
    ],
  }
}
