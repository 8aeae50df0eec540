// Turns the server's nested status report into rows of name and figure.

const DEEPEST = 3

/** `tradewind_market_ticks_in_total` as people say it; the page is Tradewind's anyway. */
function plain(name: string): string {
  return name.replace(/^tradewind_/, '').replace(/_total$/, '')
}

export interface Figure {
  readonly name: string
  readonly text: string
}

/** Every leaf of a report as one row, the path as its name. */
export function flatten(report: unknown, prefix = '', depth = 0): Figure[] {
  if (report === null || report === undefined) return []
  if (typeof report !== 'object' || depth > DEEPEST) return [{ name: prefix, text: textOf(report) }]
  return Object.entries(report).flatMap(([name, value]) => {
    const path = [prefix, plain(name)].filter((part) => part !== '')
    return flatten(value, path.join(' · '), depth + 1)
  })
}

function textOf(value: unknown): string {
  if (typeof value === 'number') {
    return Number.isInteger(value) ? value.toLocaleString('en-US') : Number(value.toPrecision(4)).toString()
  }
  return typeof value === 'string' ? value : JSON.stringify(value)
}
