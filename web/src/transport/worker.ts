// The worker: the socket and all parsing live here, away from the thread that paints.

import { Link, type FromWorker, type ToWorker } from '@tradewind/client'

const scope = globalThis as unknown as DedicatedWorkerGlobalScope

const link = new Link({
  openSocket: (url) => new WebSocket(url),
  now: () => Date.now(),
  chance: () => Math.random(),
  setTimer: (action, ms) => setTimeout(action, ms) as unknown as number,
  clearTimer: (timer) => clearTimeout(timer),
  post: (message: FromWorker) => scope.postMessage(message),
})

scope.addEventListener('message', (event: MessageEvent<ToWorker>) => {
  const message = event.data
  switch (message.kind) {
    case 'open':
      return link.open(message.url, message.mostTries)
    case 'close':
      return link.close()
    case 'retry':
      return link.retryNow()
    case 'wish':
      return link.want(message.wish)
    case 'drop':
      return link.drop(message.topic)
    case 'visible':
      return link.setVisible(message.isVisible)
  }
})
