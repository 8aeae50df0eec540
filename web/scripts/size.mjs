// Fails the build when the page grows past what a slow line can carry (gzip bytes, the figures of the front-end plan).
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'

const DIST = path.resolve(import.meta.dirname, '../../src/tradewind/ui/static')
const KB = 1000
const LIMITS = { shell: 45 * KB, market: 110 * KB, candles: 60 * KB, chunk: 210 * KB, dist: 700 * KB }

const files = readdirSync(DIST, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && !/\.(gz|br)$/.test(entry.name))
  .map((entry) => {
    const file = path.join(entry.parentPath, entry.name)
    return { name: path.relative(DIST, file), bytes: gzipSync(readFileSync(file), { level: 9 }).length }
  })

const html = readFileSync(path.join(DIST, 'index.html'), 'utf8')
const sum = (list) => list.reduce((total, file) => total + file.bytes, 0)
const scripts = files.filter((file) => file.name.endsWith('.js'))

/** The scripts of these names and everything they import before they run. */
function closure(starts) {
  const found = new Set()
  const waiting = [...starts]
  while (waiting.length > 0) {
    const file = waiting.pop()
    if (file === undefined || found.has(file)) continue
    found.add(file)
    const text = readFileSync(path.join(DIST, file.name), 'utf8')
    for (const [, name] of text.matchAll(/(?:from|import)\s*["']\.\/([^"']+\.js)["']/g)) {
      waiting.push(scripts.find((other) => path.basename(other.name) === name))
    }
  }
  return [...found]
}

const named = (...names) => scripts.filter((file) => names.some((name) => path.basename(file.name).startsWith(`${name}-`)))
const shell = closure(scripts.filter((file) => html.includes(file.name)))
// Everything the market page loads as it opens: shell, its own chunks, the worker and every part that stands on it from
// the start. A newcomer sees the day line; the chart library comes with the first candles and has a limit of its own.
const PARTS = ['MarketPage', 'worker', 'GridBar', 'ChartPanel', 'line', 'QuoteDetail', 'QualityBadges', 'OrderBook', 'RailTabs', 'OpportunityList', 'AlertList']
const absent = PARTS.filter((name) => named(name).length === 0)
if (absent.length > 0) throw new Error(`parts of the market page are no chunks of their own any more: ${absent.join(', ')}; look at size.mjs again`)
const market = [...new Set([...shell, ...closure(named(...PARTS))])]
const candles = closure(named('kline')).filter((file) => !market.includes(file))
const largest = scripts.filter((file) => !shell.includes(file)).toSorted((a, b) => b.bytes - a.bytes)[0]

const figures = { shell: sum(shell), market: sum(market), candles: sum(candles), chunk: largest?.bytes ?? 0, dist: sum(files) }
let isOver = false
for (const [name, limit] of Object.entries(LIMITS)) {
  const bytes = figures[name]
  isOver ||= bytes > limit
  console.log(`${bytes > limit ? 'OVER' : ' ok '}  ${name.padEnd(7)} ${(bytes / KB).toFixed(1).padStart(7)} kB of ${limit / KB} kB gzip`)
}
// What the market page's figure is made of, for whoever has to make it smaller.
if (process.argv.includes('--list')) for (const file of market) console.log(file.name, file.bytes)
if (isOver) process.exit(1)
