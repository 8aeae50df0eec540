// The colours of the page as canvases need them: read from the same CSS variables the rest is painted with.

export interface Palette {
  readonly panel: string
  readonly text: string
  readonly muted: string
  readonly line: string
  readonly up: string
  readonly down: string
  readonly accent: string
  readonly average: string
  readonly font: string
}

export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement)
  const read = (name: string): string => style.getPropertyValue(name).trim()
  return {
    panel: read('--panel'),
    text: read('--text'),
    muted: read('--muted'),
    line: read('--grid-line'),
    up: read('--up'),
    down: read('--down'),
    accent: read('--accent'),
    average: read('--average'),
    font: read('--font'),
  }
}
