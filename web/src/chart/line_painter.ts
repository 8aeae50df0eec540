// Draws the day line and the tick line on a canvas: price, average, reference in the middle, volume below.

import { price as priceText, percent, short } from '../format/numbers'
import { clock, minute } from '../format/times'
import type { Locale } from '../app/settings'
import { t } from '../i18n'
import { fittingLabels, placed, type PlacedLabel } from './day_axis'
import { breaks, ticksBetween, timeLabels, type LineModel, type LinePoint } from './line_model'
import type { Palette } from './palette'

export interface LineLook {
  readonly palette: Palette
  readonly locale: Locale
  readonly digits: number
  /** Seconds on the time axis: for the tick line. */
  readonly hasSeconds: boolean
}

interface Frame {
  readonly width: number
  readonly right: number
  readonly priceTop: number
  readonly priceBottom: number
  readonly volumeTop: number
  readonly volumeBottom: number
}

/** Where the tags of the last price and of the pointer cover an axis, and the point under the pointer. */
interface Tags {
  readonly heights: readonly number[]
  readonly time: PlacedLabel | null
  readonly pointed: LinePoint | null
}

const AXIS_WIDTH = 74
const TIME_HEIGHT = 20
const TOP = 24
const VOLUME_SHARE = 0.2
const GAP = 10
const FONT_PX = 11
const LABEL_SPACE = 84
const MINUTE_LABEL_SPACE = 52
const PRICE_LABEL_SPACE = 46
const TAG_HEIGHT = 18

export class LinePainter {
  private readonly context: CanvasRenderingContext2D
  private model: LineModel | null = null
  private look: LineLook | null = null
  private pointerX: number | null = null
  private size: { readonly width: number; readonly height: number } | null = null
  private tags: Tags = { heights: [], time: null, pointed: null }

  constructor(private readonly canvas: HTMLCanvasElement) {
    this.context = canvas.getContext('2d')!
  }

  paint(model: LineModel, look: LineLook): void {
    this.model = model
    this.look = look
    this.draw()
  }

  /** The pointer's place in CSS pixels, or `null` when it has left. */
  point(x: number | null): void {
    this.pointerX = x
    this.draw()
  }

  /** The canvas has another size now. Asked for then only: the browser lays out the whole page to answer it. */
  resize(): void {
    this.size = null
    this.draw()
  }

  private draw(): void {
    const { model, look, canvas, context } = this
    if (model === null || look === null) return
    const scale = globalThis.devicePixelRatio || 1
    this.size ??= { width: canvas.clientWidth, height: canvas.clientHeight }
    const { width, height } = this.size
    if (canvas.width !== Math.round(width * scale)) canvas.width = Math.round(width * scale)
    if (canvas.height !== Math.round(height * scale)) canvas.height = Math.round(height * scale)
    context.setTransform(scale, 0, 0, scale, 0, 0)
    context.clearRect(0, 0, width, height)
    if (model.points.length === 0 || width < AXIS_WIDTH * 2) return
    context.font = `${FONT_PX}px ${look.palette.font}`
    context.textBaseline = 'middle'
    const frame = frameOf(width, height)
    this.tags = this.tagsOf(frame, model, look)
    this.drawAxes(frame, model, look)
    this.drawVolume(frame, model, look)
    this.drawPrice(frame, model, look)
    this.drawLast(frame, model, look)
    this.drawLegend(frame, model, look)
  }

  private drawAxes(frame: Frame, model: LineModel, look: LineLook): void {
    const { context } = this
    const { palette } = look
    context.lineWidth = 1
    context.strokeStyle = palette.line
    const most = Math.max(3, Math.floor((frame.priceBottom - frame.priceTop) / PRICE_LABEL_SPACE))
    for (const value of ticksBetween(model.low, model.high, most)) {
      const y = crisp(yOf(frame, model, value))
      this.stroke(0, y, frame.right, y)
      // Half a figure that looks out from under a tag reads as another figure.
      if (this.tags.heights.some((tag) => Math.abs(tag - y) < (TAG_HEIGHT + FONT_PX) / 2)) continue
      context.fillStyle = model.base === null ? palette.muted : toneColor(value - model.base, palette)
      context.textAlign = 'left'
      context.fillText(priceText(value, look.digits), frame.right + 6, y)
    }
    if (model.reference !== null) {
      const y = crisp(yOf(frame, model, model.reference))
      context.strokeStyle = palette.muted
      context.setLineDash([4, 4])
      this.stroke(0, y, frame.right, y)
      context.setLineDash([])
    }
    context.strokeStyle = palette.line
    this.stroke(0, crisp(frame.volumeBottom), frame.right, crisp(frame.volumeBottom))
    this.stroke(crisp(frame.right), 0, crisp(frame.right), frame.volumeBottom)
    this.drawTimes(frame, model, look)
  }

  private drawTimes(frame: Frame, model: LineModel, look: LineLook): void {
    const space = look.hasSeconds ? LABEL_SPACE : MINUTE_LABEL_SPACE
    const fewest = Math.max(1, Math.ceil((space * model.places) / frame.right))
    if (model.axis !== null) {
      this.drawAxis(frame, model, look)
      return
    }
    const indexes = look.hasSeconds ? evenly(model.points.length, fewest) : timeLabels(model.points, fewest)
    this.drawLabels(frame, look, indexes.map((index) => this.placedAt(frame, { text: timeOf(model.points[index]!, look) }, xOf(frame, model, index))))
    if (look.hasSeconds) return
    for (const index of breaks(model.points)) {
      const x = crisp(placeX(frame, model, index - 0.5))
      this.stroke(x, frame.priceTop, x, frame.volumeBottom)
    }
  }

  /** An axis of fixed places: times and breaks stand where the calendar puts them, come what may. */
  private drawAxis(frame: Frame, model: LineModel, look: LineLook): void {
    const { context } = this
    const { labels, breaks: pauses } = model.axis!
    context.strokeStyle = look.palette.line
    for (const { at, isDay } of pauses) {
      const x = crisp(placeX(frame, model, at - 0.5))
      context.setLineDash(isDay ? [] : [2, 3])
      this.stroke(x, frame.priceTop, x, frame.volumeBottom)
    }
    context.setLineDash([])
    this.drawLabels(frame, look, labels.map((label) => this.placedAt(frame, label, placeX(frame, model, label.at - 0.5))))
  }

  private placedAt(frame: Frame, label: { readonly text: string; readonly rank?: number }, x: number): PlacedLabel {
    return placed(label, x, this.context.measureText(label.text).width, frame.right)
  }

  /** The times that have room, beside each other and beside the tag under the pointer. */
  private drawLabels(frame: Frame, look: LineLook, labels: readonly PlacedLabel[]): void {
    const { context } = this
    const { time } = this.tags
    context.fillStyle = look.palette.muted
    context.textAlign = 'left'
    for (const { text, left } of fittingLabels(labels, time === null ? [] : [time])) context.fillText(text, left, frame.volumeBottom + TIME_HEIGHT / 2)
  }

  /** Where tags will stand over the axes. */
  private tagsOf(frame: Frame, model: LineModel, look: LineLook): Tags {
    const last = yOf(frame, model, model.points.at(-1)!.price)
    const { pointerX } = this
    if (pointerX === null || pointerX >= frame.right) return { heights: [last], time: null, pointed: null }
    const pointed = nearest(model, (pointerX / frame.right) * model.places - 0.5)
    const text = timeOf(pointed, look)
    const width = this.context.measureText(text).width + 10
    const left = Math.min(frame.right - width, Math.max(0, crisp(xOf(frame, model, model.points.indexOf(pointed))) - width / 2))
    return { heights: [last, yOf(frame, model, pointed.price)], time: { text, rank: 0, left, right: left + width }, pointed }
  }

  private drawPrice(frame: Frame, model: LineModel, look: LineLook): void {
    const { context } = this
    const { palette } = look
    context.lineJoin = 'round'
    context.beginPath()
    model.points.forEach((point, index) => this.lineTo(frame, model, index, point.price))
    context.strokeStyle = palette.accent
    context.lineWidth = 1.5
    context.stroke()
    const lastX = xOf(frame, model, model.points.length - 1)
    context.lineTo(lastX, frame.priceBottom)
    context.lineTo(xOf(frame, model, 0), frame.priceBottom)
    context.closePath()
    context.globalAlpha = 0.1
    context.fillStyle = palette.accent
    context.fill()
    context.globalAlpha = 1
    context.beginPath()
    let isBegun = false
    model.points.forEach((point, index) => {
      if (point.average === null) return
      if (isBegun) this.lineTo(frame, model, index, point.average)
      else context.moveTo(xOf(frame, model, index), yOf(frame, model, point.average))
      isBegun = true
    })
    context.strokeStyle = palette.average
    context.lineWidth = 1
    context.stroke()
  }

  private lineTo(frame: Frame, model: LineModel, index: number, value: number): void {
    const x = xOf(frame, model, index)
    const y = yOf(frame, model, value)
    if (index === 0) this.context.moveTo(x, y)
    else this.context.lineTo(x, y)
  }

  private drawVolume(frame: Frame, model: LineModel, look: LineLook): void {
    if (model.mostVolume === 0) return
    const { context } = this
    const width = Math.max(1, Math.min(8, (frame.right / model.places) * 0.7))
    const room = frame.volumeBottom - frame.volumeTop
    context.globalAlpha = 0.7
    model.points.forEach((point, index) => {
      const before = model.points[index - 1]?.price ?? point.price
      const height = (point.volume / model.mostVolume) * room
      context.fillStyle = toneColor(point.price - before, look.palette)
      context.fillRect(xOf(frame, model, index) - width / 2, frame.volumeBottom - height, width, height)
    })
    context.globalAlpha = 1
    context.fillStyle = look.palette.muted
    context.textAlign = 'left'
    context.fillText(short(model.mostVolume, look.locale), frame.right + 6, frame.volumeTop + 6)
  }

  private drawLast(frame: Frame, model: LineModel, look: LineLook): void {
    const last = model.points.at(-1)!
    const y = yOf(frame, model, last.price)
    const color = toneColor(last.price - baseOf(model), look.palette)
    this.drawTag(priceText(last.price, look.digits), { x: frame.right + 1, y, width: AXIS_WIDTH - 1 }, color, look)
  }

  private drawTag(text: string, place: { x: number; y: number; width: number }, color: string, look: LineLook): void {
    const { context } = this
    context.fillStyle = color
    context.fillRect(place.x, place.y - TAG_HEIGHT / 2, place.width, TAG_HEIGHT)
    context.fillStyle = look.palette.panel
    context.textAlign = 'left'
    context.fillText(text, place.x + 5, place.y + 0.5)
  }

  /** The newest point in words, or the one under the pointer, with a cross. */
  private drawLegend(frame: Frame, model: LineModel, look: LineLook): void {
    const { context } = this
    const { pointed, time } = this.tags
    const point = pointed ?? model.points.at(-1)!
    if (time !== null) {
      const x = crisp(xOf(frame, model, model.points.indexOf(point)))
      const y = crisp(yOf(frame, model, point.price))
      context.strokeStyle = look.palette.muted
      context.setLineDash([3, 3])
      this.stroke(x, frame.priceTop, x, frame.volumeBottom)
      this.stroke(0, y, frame.right, y)
      context.setLineDash([])
      const { muted } = look.palette
      this.drawTag(time.text, { x: time.left, y: frame.volumeBottom + TIME_HEIGHT / 2, width: time.right - time.left }, muted, look)
      this.drawTag(priceText(point.price, look.digits), { x: frame.right + 1, y, width: AXIS_WIDTH - 1 }, muted, look)
    }
    let x = 8
    for (const { text, color } of legendOf(point, model, look)) {
      context.fillStyle = color
      context.textAlign = 'left'
      context.fillText(text, x, TOP / 2)
      x += context.measureText(text).width + 14
    }
  }

  private stroke(x1: number, y1: number, x2: number, y2: number): void {
    this.context.beginPath()
    this.context.moveTo(x1, y1)
    this.context.lineTo(x2, y2)
    this.context.stroke()
  }
}

function legendOf(point: LinePoint, model: LineModel, look: LineLook): { text: string; color: string }[] {
  const { palette, digits, locale, hasSeconds } = look
  const base = baseOf(model)
  const tone = toneColor(point.price - base, palette)
  const words = [
    { text: hasSeconds ? clock(point.ms, true) : minute(point.ms), color: palette.muted },
    { text: priceText(point.price, digits), color: tone },
    { text: percent((point.price / base - 1) * 100), color: tone },
  ]
  if (point.average !== null) words.push({ text: `${t('chart.average')} ${priceText(point.average, digits)}`, color: palette.average })
  words.push({ text: `${t('chart.volume')} ${short(point.volume, locale)}`, color: palette.muted })
  return words
}

function baseOf(model: LineModel): number {
  return model.base ?? model.points[0]!.price
}

function timeOf(point: LinePoint, look: LineLook): string {
  return look.hasSeconds ? clock(point.ms) : minute(point.ms)
}

/** Every `step`-th place, the first half a step in, so that no label hangs over the edge. */
function evenly(length: number, step: number): number[] {
  const places: number[] = []
  for (let index = Math.floor(step / 2); index < length; index += step) places.push(index)
  return places
}

function frameOf(width: number, height: number): Frame {
  const volumeBottom = height - TIME_HEIGHT
  const volumeTop = volumeBottom - (volumeBottom - TOP) * VOLUME_SHARE
  return { width, right: width - AXIS_WIDTH, priceTop: TOP, priceBottom: volumeTop - GAP, volumeTop, volumeBottom }
}

/** Where the point of this index stands. */
function xOf(frame: Frame, model: LineModel, index: number): number {
  return placeX(frame, model, model.points[index]?.at ?? index)
}

function placeX(frame: Frame, model: LineModel, place: number): number {
  return ((place + 0.5) / model.places) * frame.right
}

/** The point whose place is nearest to this one: not every minute of an axis has traded. */
function nearest(model: LineModel, place: number): LinePoint {
  const { points } = model
  let low = 0
  let high = points.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if ((points[middle]!.at ?? middle) < place) low = middle + 1
    else high = middle
  }
  const before = points[low - 1]
  const after = points[low]!
  return before !== undefined && place - (before.at ?? low - 1) < (after.at ?? low) - place ? before : after
}

function yOf(frame: Frame, model: LineModel, value: number): number {
  const share = (value - model.low) / (model.high - model.low || 1)
  return frame.priceBottom - share * (frame.priceBottom - frame.priceTop)
}

function toneColor(difference: number, palette: Palette): string {
  if (difference > 0) return palette.up
  return difference < 0 ? palette.down : palette.muted
}

function crisp(value: number): number {
  return Math.round(value) + 0.5
}
