// @vitest-environment node
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Socket } from '../src/link'
import { openNodeSocket } from '../src/node_socket'

let server: Server
let url: string
let asked: IncomingMessage
let line: Duplex
/** What the server answers a handshake with; 101 lets it in. */
let status: number
let accept: ((key: string) => string) | null

function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
}

beforeEach(async () => {
  status = 101
  accept = acceptOf
  server = createServer()
  server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    asked = request
    line = socket
    socket.on('error', () => undefined)
    if (status !== 101) return socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`)
    const told = accept?.(request.headers['sec-websocket-key'] ?? '') ?? ''
    socket.write(`HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${told}\r\n\r\n`)
    socket.write(Buffer.from([0x81, 2, 0x68, 0x69]))
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`
})

afterEach(() => {
  line?.destroy()
  server.close()
})

function message(socket: Socket): Promise<unknown> {
  return new Promise((told) => socket.addEventListener('message', ({ data }) => told(data)))
}

function closing(socket: Socket): Promise<number> {
  return new Promise((told) => socket.addEventListener('close', ({ code }) => told(code)))
}

test('the handshake carries the headers it is given, and what the server says first is heard', async () => {
  const socket = openNodeSocket(url, { Authorization: 'Bearer tw_x' })
  expect(await message(socket)).toBe('hi')
  expect(asked.headers).toMatchObject({ authorization: 'Bearer tw_x', upgrade: 'websocket', 'sec-websocket-version': '13' })
  socket.close()
})

test.each([[400, 4400], [401, 4401], [403, 4403], [404, 4400], [429, 1006], [503, 1006]])(
  'a handshake refused with %d ends with %d',
  async (refused, code) => {
    status = refused
    expect(await closing(openNodeSocket(url, {}))).toBe(code)
  },
)

test('a server that does not prove it understood is not listened to', async () => {
  accept = () => 'something else'
  expect(await closing(openNodeSocket(url, {}))).toBe(1006)
})

test('a ping is answered with what it carried', async () => {
  const socket = openNodeSocket(url, {})
  await message(socket)
  const answer = new Promise<Buffer>((told) => line.once('data', told))
  line.write(Buffer.from([0x89, 1, 0x70]))
  const [first, second, ...rest] = await answer
  expect([first, second]).toEqual([0x8a, 0x81])
  expect(rest[4]! ^ rest[0]!).toBe(0x70)
  socket.close()
})

test('the code of a close frame is told', async () => {
  const socket = openNodeSocket(url, {})
  await message(socket)
  const code = closing(socket)
  line.write(Buffer.from([0x88, 2, 4503 >> 8, 4503 & 255]))
  expect(await code).toBe(4503)
})

test('a cut line, and a server that is not there, are 1006', async () => {
  const socket = openNodeSocket(url, {})
  await message(socket)
  const code = closing(socket)
  line.destroy()
  expect(await code).toBe(1006)
  await new Promise((done) => server.close(done))
  expect(await closing(openNodeSocket(url, {}))).toBe(1006)
})

test('what cannot be read ends the line with its code, and nothing after it is heard', async () => {
  const socket = openNodeSocket(url, {})
  await message(socket)
  const heard: unknown[] = []
  socket.addEventListener('message', ({ data }) => heard.push(data))
  const code = closing(socket)
  line.write(Buffer.from([0x81, 1, 0xff, 0x81, 1, 0x61]))
  expect(await code).toBe(1007)
  expect(heard).toEqual([])
})

test('closing says goodbye with 1000', async () => {
  const socket = openNodeSocket(url, {})
  await message(socket)
  const goodbye = new Promise<Buffer>((told) => line.once('data', told))
  socket.close()
  const frame = await goodbye
  expect(frame[0]).toBe(0x88)
  expect([frame[6]! ^ frame[2]!, frame[7]! ^ frame[3]!]).toEqual([1000 >> 8, 1000 & 255])
})

test('an address of another kind is refused by name', () => {
  expect(() => openNodeSocket('http://desk/ws', {})).toThrow('was http://')
})
