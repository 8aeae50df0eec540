// Finds a number in the server's status report by name, wherever in it the server has put it.

const DEEPEST = 3

export function findNumber(report: unknown, names: readonly string[], depth = 0): number | null {
  if (typeof report !== 'object' || report === null || depth > DEEPEST) return null
  const entries = Object.entries(report)
  for (const [name, value] of entries) if (names.includes(name) && typeof value === 'number') return value
  for (const [, value] of entries) {
    const found = findNumber(value, names, depth + 1)
    if (found !== null) return found
  }
  return null
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
    return flatten(value, prefix === '' ? name : `${prefix}.${name}`, depth + 1)
  })
}

function textOf(value: unknown): string {
  if (typeof value === 'number') {
    return Number.isInteger(value) ? value.toLocaleString('en-US') : Number(value.toPrecision(4)).toString()
  }
  return typeof value === 'string' ? value : JSON.stringify(value)
}
