// The only file that knows ECharts. Canvas alone, words painted on it: the page's policy allows no markup from scripts.

import { LineChart } from 'echarts/charts'
import { GridComponent, TooltipComponent } from 'echarts/components'
import { init, use } from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'
import { money } from '../desk/exact'
import type { CurvePoint } from './equity_model'

use([LineChart, GridComponent, TooltipComponent, CanvasRenderer])

export interface CurveLook {
  readonly line: string
  readonly text: string
  readonly muted: string
  readonly grid: string
  readonly raised: string
  readonly font: string
}

export interface Curve {
  draw(points: readonly CurvePoint[], look: CurveLook): void
  resize(): void
  dispose(): void
}

/** Least share of the value that the axis spans: a flat account must look flat, not like a mountain range. */
const LEAST_SPAN = 0.0005

export function equityCurve(element: HTMLElement): Curve {
  const chart = init(element, null, { renderer: 'canvas' })
  return {
    draw: (points, look) => chart.setOption(optionOf(points, look)),
    resize: () => chart.resize(),
    dispose: () => chart.dispose(),
  }
}

function optionOf(points: readonly CurvePoint[], look: CurveLook): Parameters<ReturnType<typeof init>['setOption']>[0] {
  const values = points.map((point) => point.value)
  const middle = values.length === 0 ? 0 : (Math.max(...values) + Math.min(...values)) / 2
  const half = Math.max((Math.max(...values, middle) - Math.min(...values, middle)) * 0.6, Math.abs(middle) * LEAST_SPAN)
  return {
    animation: false,
    textStyle: { fontFamily: look.font },
    grid: { left: 12, right: 18, top: 18, bottom: 8, containLabel: true },
    xAxis: {
      type: 'category',
      data: points.map((point) => point.label),
      boundaryGap: false,
      axisLine: { lineStyle: { color: look.grid } },
      axisTick: { show: false },
      axisLabel: { color: look.muted, hideOverlap: true },
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
        data: values,
        showSymbol: points.length < 2,
        sampling: 'lttb',
        lineStyle: { width: 1.6, color: look.line },
        itemStyle: { color: look.line },
        areaStyle: { color: look.line, opacity: 0.12 },
      },
    ],
  }
}
