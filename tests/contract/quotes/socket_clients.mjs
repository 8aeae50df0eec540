// Real socket.io-client 4.x clients that do as the test on the other end of stdin says, one JSON line each.
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'

const require = createRequire(new URL('../../../web/package.json', import.meta.url))
const { io } = require('socket.io-client')
const clients = new Map()

function tell(id, event, args) {
  process.stdout.write(`${JSON.stringify({ id, event, args })}\n`)
}

const orders = {
  connect({ id, url, options }) {
    const client = io(url, { reconnection: false, forceNew: true, ...options })
    clients.set(id, client)
    client.on('connect', () => tell(id, 'connect', [client.io.engine.transport.name]))
    client.on('disconnect', (reason) => tell(id, 'disconnect', [reason]))
    client.on('connect_error', (error) => tell(id, 'connect_error', [error.message, error.context?.status ?? null]))
    client.onAny((event, ...args) => tell(id, event, args))
    client.io.engine.on('upgrade', (transport) => tell(id, 'upgrade', [transport.name]))
  },
  emit({ id, event, args, acknowledged }) {
    const callback = acknowledged ? [(...answer) => tell(id, 'ack', answer)] : []
    clients.get(id).emit(event, ...args, ...callback)
  },
  raw({ id, packet }) {
    // Past the client's own care: what a broken or hostile one would send.
    clients.get(id).io.engine.send(packet)
  },
  close({ id }) {
    clients.get(id).disconnect()
  },
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const order = JSON.parse(line)
    orders[order.do](order)
  })
  .on('close', () => process.exit(0))
