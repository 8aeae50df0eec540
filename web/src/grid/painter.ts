// Paints the visible rows of the grid straight into the DOM: a pool of rows, each repainted only when its version
// has moved on, each cell only when its text has. The browser's layout work is all that is left.

import type { QuoteTable } from '../state/quote_table'
import type { Group } from './arrange'
import type { Column, Tone } from './columns'

interface Cell {
  readonly element: HTMLElement
  text: string
  tone: Tone
  isLong: boolean
}

interface PooledRow {
  readonly element: HTMLElement
  readonly cells: Cell[]
  /** The head of a group, made when the place first holds one. */
  head: HTMLElement | null
  row: number
  index: number
  version: number
  isSelected: boolean
  column: number
}

const OVERSCAN = 4
/** A place that has held neither a row nor a head. */
const NOTHING = -1_000_000
/** How long a moved price is lit. Lit and put out again, not faded: a fade repaints at every frame of the screen. */
const FLASH_MS = 250
const TONE_CLASS: Readonly<Record<string, string>> = { '1': 'is-up', '-1': 'is-down' }

/** Room at the sides of a cell, a figure, and one of the wide signs that stand behind shortened figures, in px. */
const SIDES_PX = 16
const FIGURE_PX = 7.5
const WIDE_PX = 14

/** Whether a number has room in a column of `width` px, rather doubted than believed. */
export function fits(text: string, width: number): boolean {
  return SIDES_PX + (text.length - 1) * FIGURE_PX + (text.charCodeAt(text.length - 1) > 0x2fff ? WIDE_PX : FIGURE_PX) <= width
}

export interface Scene {
  readonly order: readonly number[]
  readonly columns: readonly Column[]
  /** Heads of groups, which stand in the order as −1 − their place here. */
  readonly groups?: readonly Group[]
  readonly selectedRow: number
  /** The column of the cell that the keys have reached; −1 for the row as a whole. */
  readonly selectedColumn?: number
  readonly rowHeight: number
  readonly scrollTop: number
  readonly height: number
}

export class GridPainter {
  private pool: PooledRow[] = []
  private columns: readonly Column[] = []
  private readonly lit = new Map<HTMLElement, number>()
  private ms = 0

  constructor(
    private readonly body: HTMLElement,
    private readonly table: QuoteTable,
    private readonly rowId: (row: number) => string,
    private readonly headText: (group: Group) => string = (group) => group.name,
  ) {}

  /** First and last visible place in the order. */
  static range(scene: Scene): { first: number; last: number } {
    const first = Math.max(0, Math.floor(scene.scrollTop / scene.rowHeight))
    const last = Math.min(scene.order.length, Math.ceil((scene.scrollTop + scene.height) / scene.rowHeight))
    return { first, last }
  }

  /** Paints at `ms` (of the frame); returns when the first of the lit prices wants to be put out, `Infinity` for none. */
  paint(scene: Scene, ms: number): number {
    this.ms = ms
    this.putOut()
    if (scene.columns !== this.columns) this.rebuild(scene.columns)
    const { first, last } = GridPainter.range(scene)
    const from = Math.max(0, first - OVERSCAN)
    const to = Math.min(scene.order.length, last + OVERSCAN)
    this.resizePool(to - from)
    const used = this.pool.length
    // A place keeps its pooled row while scrolling, so that only rows coming into sight are written.
    for (let index = from; index < to; index += 1) this.paintRow(this.pool[index % used]!, index, scene)
    return this.nextOut()
  }

  /** Forget what was painted: language or digits have changed. */
  invalidate(): void {
    for (const pooled of this.pool) if (pooled.row >= 0) pooled.version = -1
  }

  /** Let go of everything: the body leaves the page as a whole, which costs less than its rows one by one. */
  clear(): void {
    this.pool = []
    this.lit.clear()
  }

  private paintRow(pooled: PooledRow, index: number, scene: Scene): void {
    const row = scene.order[index]!
    const isMoved = pooled.index !== index
    if (isMoved || pooled.row !== row) {
      pooled.element.style.transform = `translateY(${index * scene.rowHeight}px)`
      pooled.element.setAttribute('aria-rowindex', String(index + 2))
      pooled.element.dataset['alternate'] = String(index % 2)
      pooled.index = index
    }
    if (row < 0) {
      this.paintHead(pooled, row, scene.groups?.[-1 - row])
      return
    }
    const isOtherRow = pooled.row !== row
    if (isOtherRow) {
      if (pooled.row < 0 && pooled.head !== null) this.showHead(pooled, false)
      pooled.row = row
      pooled.element.id = this.rowId(row)
      pooled.element.dataset['instrument'] = this.table.ids[row]!
      pooled.version = -1
    }
    const isSelected = row === scene.selectedRow
    if (pooled.isSelected !== isSelected) {
      pooled.isSelected = isSelected
      pooled.element.classList.toggle('is-selected', isSelected)
      pooled.element.setAttribute('aria-selected', String(isSelected))
    }
    const column = isSelected ? (scene.selectedColumn ?? -1) : -1
    if (pooled.column !== column) {
      pooled.cells[pooled.column]?.element.classList.remove('is-reached')
      pooled.cells[column]?.element.classList.add('is-reached')
      pooled.column = column
    }
    const version = this.table.version[row]!
    if (pooled.version === version) return
    const isFresh = pooled.version !== -1 && !isOtherRow
    pooled.version = version
    this.paintCells(pooled, row, isFresh)
  }

  private paintHead(pooled: PooledRow, row: number, group: Group | undefined): void {
    if (group === undefined) return
    if (pooled.head === null) {
      pooled.head = document.createElement('div')
      pooled.head.className = 'grid-group'
      pooled.head.setAttribute('role', 'gridcell')
      const button = document.createElement('button')
      button.type = 'button'
      pooled.head.append(button)
      pooled.element.append(pooled.head)
    }
    if (pooled.row >= 0 || pooled.version === -1) this.showHead(pooled, true)
    pooled.row = row
    pooled.version = -2
    pooled.element.id = `group-${-1 - row}`
    const button = pooled.head.firstElementChild as HTMLButtonElement
    const text = `${group.isFolded ? '▸' : '▾'} ${this.headText(group)}`
    if (button.textContent !== text) button.textContent = text
    button.dataset['group'] = group.name
    button.setAttribute('aria-expanded', String(!group.isFolded))
  }

  /** A place holds either a head or an instrument: what it does not hold is taken out of sight and out of reach. */
  private showHead(pooled: PooledRow, isHead: boolean): void {
    pooled.element.classList.toggle('is-group', isHead)
    pooled.head!.hidden = !isHead
    for (const { element } of pooled.cells) element.hidden = isHead
    if (!isHead) return
    delete pooled.element.dataset['instrument']
    pooled.element.classList.remove('is-selected')
    pooled.element.setAttribute('aria-selected', 'false')
    pooled.isSelected = false
  }

  private write(cell: Cell, column: Column, text: string): void {
    const isLong = column.isText !== true && !fits(text, column.width)
    if (isLong !== cell.isLong) cell.element.classList.toggle('is-long', isLong)
    cell.isLong = isLong
    cell.text = text
    cell.element.firstChild!.nodeValue = text
  }

  private paintCells(pooled: PooledRow, row: number, isFresh: boolean): void {
    for (let at = 0; at < this.columns.length; at += 1) {
      const column = this.columns[at]!
      const cell = pooled.cells[at]!
      const text = column.text(this.table, row)
      const isChanged = text !== cell.text
      if (isChanged) this.write(cell, column, text)
      const tone = column.tone?.(this.table, row) ?? null
      if (tone !== cell.tone) this.setTone(cell, tone)
      if (column.isFlashing !== true) continue
      if (isChanged && isFresh) this.light(cell, this.table.moved[row]!)
      else if (!isFresh) this.dim(cell.element)
    }
  }

  private setTone(cell: Cell, tone: Tone): void {
    const before = TONE_CLASS[String(cell.tone)]
    const after = TONE_CLASS[String(tone)]
    if (before !== undefined) cell.element.classList.remove(before)
    if (after !== undefined) cell.element.classList.add(after)
    cell.tone = tone
  }

  private light(cell: Cell, direction: number): void {
    if (direction === 0) return
    const { classList } = cell.element
    classList.remove(direction > 0 ? 'flash-down' : 'flash-up')
    classList.add(direction > 0 ? 'flash-up' : 'flash-down')
    // At the end of the order, also where it was lit before.
    this.lit.delete(cell.element)
    this.lit.set(cell.element, this.ms + FLASH_MS)
  }

  private dim(element: HTMLElement): void {
    if (this.lit.delete(element)) element.classList.remove('flash-up', 'flash-down')
  }

  /** Prices are lit for equally long, so that the map holds them in the order in which they go out. */
  private nextOut(): number {
    for (const until of this.lit.values()) return until
    return Infinity
  }

  private putOut(): void {
    for (const [element, until] of this.lit) {
      if (this.ms < until) return
      this.dim(element)
    }
  }

  private rebuild(columns: readonly Column[]): void {
    this.columns = columns
    for (const pooled of this.pool) pooled.element.remove()
    this.pool = []
    this.lit.clear()
  }

  private resizePool(wanted: number): void {
    if (wanted === this.pool.length) return
    while (this.pool.length > wanted) this.pool.pop()!.element.remove()
    while (this.pool.length < wanted) this.pool.push(this.makeRow())
    // Places are dealt out anew by the size of the pool.
    for (const pooled of this.pool) pooled.index = -1
  }

  private makeRow(): PooledRow {
    const element = document.createElement('div')
    element.className = 'grid-row'
    element.setAttribute('role', 'row')
    element.setAttribute('aria-selected', 'false')
    const cells = this.columns.map((column, at) => {
      const cell = document.createElement('div')
      cell.className = column.isText === true ? 'grid-cell is-text' : 'grid-cell num'
      cell.setAttribute('role', at === 0 ? 'rowheader' : 'gridcell')
      cell.append(document.createTextNode(''))
      element.append(cell)
      return { element: cell, text: '', tone: null as Tone, isLong: false }
    })
    this.body.append(element)
    return { element, cells, head: null, row: NOTHING, index: -1, version: -1, isSelected: false, column: -1 }
  }
}
