// The day line and the tick line as one thing to show and to point at. Loaded when first chosen.

import type { ChartBar } from './bar_series'
import type { TrailPoint } from './trail'
import { dayLine, tickLine, type DayLineFacts } from './line_model'
import { LinePainter, type LineLook } from './line_painter'

type Look = Omit<LineLook, 'hasSeconds'>

export interface LineChart {
  /** `base` is what rise and fall are told from. */
  showTicks(trail: readonly TrailPoint[], base: number | null, look: Look): void
  showDay(bars: readonly ChartBar[], facts: DayLineFacts, look: Look): void
  point(x: number | null): void
  /** Draws anew after the canvas was given another size. */
  resize(): void
}

export function createLineChart(canvas: HTMLCanvasElement): LineChart {
  const painter = new LinePainter(canvas)
  return {
    showTicks: (trail, base, look) => painter.paint(tickLine(trail, base), { ...look, hasSeconds: true }),
    showDay: (bars, facts, look) => {
      painter.paint(dayLine(bars, facts), { ...look, hasSeconds: false })
    },
    point: (x) => painter.point(x),
    resize: () => painter.resize(),
  }
}
