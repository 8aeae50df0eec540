"""What the web bench runs inside the page: it only watches, and touches nothing of the page's own."""

from __future__ import annotations

from typing import Final

METER: Final = """(() => {
  const meter = { frames: [], longTasks: [], last: 0, isOn: true }
  globalThis.benchMeter = meter
  const onFrame = (ms) => {
    if (meter.last > 0) meter.frames.push(ms - meter.last)
    meter.last = ms
    if (meter.isOn) requestAnimationFrame(onFrame)
  }
  requestAnimationFrame(onFrame)
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) meter.longTasks.push({ at: task.startTime, ms: task.duration })
  }).observe({ type: 'longtask', buffered: true })
})()"""
"""Counts frames and long tasks from the first moment on."""

INTERACTIVE: Final = """(() => {
  const look = () => {
    const cell = document.querySelector('.grid-row .grid-cell:nth-child(3)')
    const isLive = document.querySelector('[data-testid="link-state"].is-live') !== null
    if (cell !== null && /[0-9]/.test(cell.textContent) && isLive) globalThis.benchInteractive = performance.now()
    else requestAnimationFrame(look)
  }
  requestAnimationFrame(look)
})()"""
"""Notes when the grid shows prices, the line to the server stands and a frame could be drawn."""

START: Final = "() => { benchMeter.frames.length = 0; benchMeter.longTasks.length = 0; benchMeter.last = 0 }"
READ: Final = "() => ({ frames: benchMeter.frames, longTasks: benchMeter.longTasks })"

AGES: Final = """({ seconds, wrap }) => new Promise((resolve) => {
  const at = [...document.querySelectorAll('.grid-head [role=columnheader]')]
    .findIndex((title) => /买量|Bid vol/i.test(title.textContent))
  if (at < 0) return resolve(null)
  const ages = []
  const observer = new MutationObserver((records) => {
    const now = Math.floor(performance.timeOrigin + performance.now())
    for (const { target } of records) {
      const cell = target.parentElement
      if (cell === null || cell.parentElement === null || cell.parentElement.children[at] !== cell) continue
      const stamp = Number(cell.textContent.replaceAll(',', '')) - 1
      ages.push((((now - stamp) % wrap) + wrap) % wrap)
    }
  })
  observer.observe(document.querySelector('.grid-body'), { characterData: true, subtree: true })
  setTimeout(() => { observer.disconnect(); resolve(ages) }, seconds * 1000)
})"""
"""How old quotes are, in ms, when they are written into the grid: their `bid_volume` says when they were made."""

PLACES: Final = """() => {
  const links = [...document.querySelectorAll('nav a[href^="/"]')]
  return [...new Set(links.map((link) => link.getAttribute('href')))]
}"""
"""The pages of the navigation."""

GO: Final = """(path) => new Promise((resolve) => {
  const main = document.querySelector('#main')
  const before = main.querySelector('h1')
  const begun = performance.now()
  history.pushState(null, '', path)
  dispatchEvent(new PopStateEvent('popstate'))
  const look = () => {
    const now = main.querySelector('h1')
    if (now === null || now === before) return requestAnimationFrame(look)
    // The frame that shows it has been handed on when the task behind it runs.
    const channel = new MessageChannel()
    channel.port1.onmessage = () => resolve(performance.now() - begun)
    requestAnimationFrame(() => channel.port2.postMessage(0))
  }
  requestAnimationFrame(look)
})"""
"""Goes to a page as a link does; resolves with the ms until the frame that shows it."""

BLANK: Final = "<!doctype html><html lang=en><title>blank</title><h1>blank</h1>"

FOLLOW: Final = """({ url, instruments }) => new Promise((resolve, reject) => {
  const socket = new WebSocket(url)
  globalThis.benchSocket = socket
  globalThis.benchMessages = 0
  socket.onmessage = () => { globalThis.benchMessages += 1 }
  socket.onerror = () => reject(new Error('the socket of the blank page was refused'))
  socket.onopen = () => {
    const subscribe = (id, wish) => socket.send(JSON.stringify({ op: 'subscribe', id, ...wish }))
    subscribe(1, { topic: 'quotes', mode: 'latest', interval_ms: 50, instruments })
    for (const [at, topic] of ['opportunities', 'risk_alerts', 'signals'].entries())
      subscribe(at + 2, { topic, mode: 'every' })
    resolve(null)
  }
})"""
"""Subscribes as the market page does, and throws every message away unread."""
