// Builds the page into the Python package, where the server finds it; `npm run dev` serves it beside a running server.
import { promises as fs } from 'node:fs'
import path from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import vue from '@vitejs/plugin-vue'
import { defineConfig, type Plugin } from 'vite'

const OUT = path.resolve(import.meta.dirname, '../src/tradewind/ui/static')
const COMPRESSIBLE = /\.(js|css|html|svg|json|txt)$/
const SMALLEST_WORTH_COMPRESSING = 512

/** Writes `.gz` and `.br` beside every text file, so that the server spends no CPU on compression. */
function precompress(): Plugin {
  return {
    name: 'tradewind-precompress',
    apply: 'build',
    async closeBundle() {
      const entries = await fs.readdir(OUT, { recursive: true, withFileTypes: true })
      for (const entry of entries) {
        if (!entry.isFile() || !COMPRESSIBLE.test(entry.name)) continue
        const file = path.join(entry.parentPath, entry.name)
        const bytes = await fs.readFile(file)
        if (bytes.length < SMALLEST_WORTH_COMPRESSING) continue
        await fs.writeFile(`${file}.gz`, gzipSync(bytes, { level: 9 }))
        await fs.writeFile(`${file}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }))
      }
    },
  }
}

/** What the chart always shows of the library's indicators; the others and the drawing tools are our own (kline_tools). */
const INDICATORS = 'movingAverage, volume'
/** Layers that would draw what nobody can ask for: the area style, buttons on the crosshair. */
const UNUSED_LAYERS = ['CandleAreaView', 'CrosshairFeatureView']

/** Leaves out of the chart library what no button of ours can reach: its registries keep everything alive otherwise. */
function trimCharts(): Plugin {
  return {
    name: 'tradewind-trim-charts',
    apply: 'build',
    transform(code, id) {
      if (!id.includes('klinecharts/dist/index.esm')) return null
      let trimmed = code
        .replace(/var extensions\$2 = \[[^\]]*\]/, `var extensions$$2 = [${INDICATORS}]`)
        .replace(/var extensions = \[fibonacciLine[^\]]*\]/, 'var extensions = []')
      for (const layer of UNUSED_LAYERS) trimmed = trimmed.replace(classOf(layer), (_, parent: string) => emptyLayer(layer, parent))
      const isUntrimmed = UNUSED_LAYERS.some((layer) => !trimmed.includes(emptyLayerHead(layer)))
      if (isUntrimmed || trimmed.length > code.length - 300) this.error('the chart library has changed: look at trimCharts again')
      return { code: trimmed, map: null }
    },
  }
}

/** The source of one of the library's classes, with its parent's name in the first group. */
function classOf(name: string): RegExp {
  return new RegExp(`var ${name} = /\\*\\* @class \\*/ \\(function \\(_super\\) \\{\\n[\\s\\S]*?\\n\\}\\((\\w+)\\)\\);`)
}

function emptyLayerHead(name: string): string {
  return `function ${name}() { return _super.apply(this, arguments) || this; }`
}

/** A layer that takes its place among the others and draws nothing. */
function emptyLayer(name: string, parent: string): string {
  return `var ${name} = (function (_super) {
  __extends(${name}, _super);
  ${emptyLayerHead(name)}
  ${name}.prototype.drawImp = ${name}.prototype.stopAnimation = function () {};
  return ${name};
}(${parent}));`
}

/** The page's policy takes no markup from scripts, not even the empty one this library clears its element with. */
function plainCharts(): Plugin {
  return {
    name: 'tradewind-plain-charts',
    transform(code, id) {
      if (!id.includes('zrender/lib/canvas/Painter')) return null
      const plain = code.replaceAll(/(\S*root)\.innerHTML = ''/g, '$1.replaceChildren()')
      if (plain === code || plain.includes('innerHTML')) this.error('the chart library has changed: look at plainCharts again')
      return { code: plain, map: null }
    },
  }
}

const server = process.env['TRADEWIND_SERVER'] ?? 'http://127.0.0.1:8888'

/** Paths from the host's root in the page itself, which any address of the application may answer with. */
function rootedPage(): Plugin {
  return {
    name: 'tradewind-rooted-page',
    apply: 'build',
    transformIndexHtml: { order: 'post', handler: (html) => html.replaceAll('="./', '="/') },
  }
}

export default defineConfig({
  // Scripts find each other beside themselves, wherever the application stands on its host.
  base: './',
  plugins: [vue(), trimCharts(), plainCharts(), rootedPage(), precompress()],
  // The package in client/ under its own name, as tsconfig.json says it.
  resolve: { tsconfigPaths: true },
  define: { __VUE_OPTIONS_API__: 'false', __VUE_PROD_DEVTOOLS__: 'false' },
  build: {
    outDir: OUT,
    emptyOutDir: true,
    target: 'es2022',
    // The polyfill only serves browsers older than the target.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // An account's days, figures and attribution: its page, the statistics and the report share them.
            { name: 'money', test: /src\/(money\/(?!SignalHistory|Value|[Bb]enchmark|use_benchmark|history)|i18n\/money)/, priority: 1 },
            // Parts of the market page that other pages show too: one chunk packs better than five.
            { name: 'lists', test: /src\/(components\/(AlertList|OpportunityCard|WaitingNote)|i18n\/(alerts|reasons))/ },
            // What every page needs, in one file: a dozen small ones compress worse and cost a request each.
            { name: 'shell', test: /node_modules\/@?vue|client\/src\/(address|ladder|rest)\.ts|src\/(app|api|state|format|transport)\/(?!own_desk|watchlists|layouts)|src\/i18n\/(index|units|zh)|talk\/unread|components\/(StateNote|ConnectionBanner)/, priority: 2 },
            // The market page with its panels, which also stand in windows of their own: apart they compress worse.
            { name: 'MarketPage', test: /pages\/MarketPage|src\/grid\/|src\/chart\/(ChartPanel|palette)|components\/(QuoteDetail|OrderBook|FeaturesPanel|Opportunity(List|Card)|AlertList|WaitingNote)\.vue|i18n\/(reasons|alerts)/, priority: 1 },
            // What the header brings of the office, once the page stands.
            { name: 'office', test: /src\/office\/(?!OfficePages|fresh)|src\/talk\/(calls|chat|notices|words)|src\/book\/ids|src\/i18n\/talk(_zh)?\.ts/, priority: 1 },
            // What every dialog and table of the desk needs; the notices above every page bring it anyway.
            { name: 'desk', test: /client\/src\/(act|desk)\.ts|src\/desk\/(acts|exact|health|keyed|positions|own_orders|records|store|told_orders|types|words)\.ts|src\/desk\/(DeskModal|WhatIfView)|src\/i18n\/(desk|desk_zh|plan_zh)\.ts/, priority: 1 },
          ],
        },
      },
    },
  },
  worker: { format: 'es' },
  server: { port: 5173, proxy: { '/api': { target: server, changeOrigin: false } } },
})
