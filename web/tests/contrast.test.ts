// Every colour of a price against every ground it can stand on: WCAG AA asks for 4.5 : 1. A browser test would only
// meet the pairs that happen to be on the screen at that moment.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

const AA = 4.5
const css = readFileSync(path.resolve(import.meta.dirname, '../src/styles/tokens.css'), 'utf8')

type Rgb = readonly [number, number, number]

/** The custom properties of one theme. */
function tokensOf(theme: string): Map<string, string> {
  const block = css.slice(css.indexOf(`:root[data-theme='${theme}'] {`)).split('}')[0]!
  return new Map([...block.matchAll(/--([\w-]+):\s*([^;]+);/g)].map(([, name, value]) => [name!, value!]))
}

function rgb(hex: string): Rgb {
  return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as unknown as Rgb
}

function mix(over: Rgb, under: Rgb, share: number): Rgb {
  return over.map((value, at) => value * share + under[at]! * (1 - share)) as unknown as Rgb
}

function luminance(colour: Rgb): number {
  const [r, g, b] = colour.map((value) => {
    const part = value / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  }) as unknown as Rgb
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(one: Rgb, other: Rgb): number {
  const [low, high] = [luminance(one), luminance(other)].toSorted((a, b) => a - b)
  return (high! + 0.05) / (low! + 0.05)
}

const PAIRS = [['red', 'green'], ['orange', 'blue']] as const

test.each(['dark', 'light'])('prices stay readable on flashes and chosen rows in the %s theme', (theme) => {
  const tokens = tokensOf(theme)
  const colour = (name: string): Rgb => rgb(tokens.get(name)!)
  const share = Number.parseFloat(tokens.get('flash-share')!) / 100
  const found: string[] = []
  for (const pair of PAIRS) {
    for (const text of [...pair, 'text', 'muted']) {
      for (const ground of ['panel', 'selected', 'hover']) {
        const lit = pair.map((flash) => [`${ground} lit ${flash}`, mix(colour(flash), colour(ground), share)] as const)
        // What is muted stands still: only a price is lit.
        for (const [name, under] of [[ground, colour(ground)] as const, ...(text === 'muted' ? [] : lit)]) {
          const ratio = contrast(colour(text), under)
          if (ratio < AA) found.push(`${text} on ${name}: ${ratio.toFixed(2)}`)
        }
      }
    }
  }
  expect(found).toEqual([])
})
