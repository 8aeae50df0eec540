// A WebSocket on Node's own http: Node 20 has none, and none of the standard ones sends a token or says why it was refused.

import { createHash, randomBytes } from 'node:crypto'
import { request as plainRequest, type IncomingMessage, type ClientRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import type { Duplex } from 'node:stream'
import { CLOSE, FrameError, frameOf, FrameReader, PING, PONG, TEXT, type Frame } from './frames.js'
import type { Socket } from './link.js'

const HANDSHAKE_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const CUT = 1006
const NORMAL = 1000
const LAST_WORDS_MS = 1000
/** What a refused handshake asks of us, in the words of the close codes; any other is worth another try. */
const REFUSED: Readonly<Record<number, number>> = { 400: 4400, 401: 4401, 403: 4403, 404: 4400 }

type Listener = (event: { data: unknown; code: number }) => void

class NodeSocket implements Socket {
  private readonly listeners = new Map<string, Set<Listener>>()
  private readonly reader = new FrameReader()
  private readonly text = new TextDecoder('utf-8', { fatal: true })
  private readonly key = randomBytes(16).toString('base64')
  private readonly asking: ClientRequest
  private line: Duplex | null = null
  private isOver = false

  constructor(url: URL, headers: Readonly<Record<string, string>>) {
    const request = url.protocol === 'wss:' ? tlsRequest : plainRequest
    const address = new URL(url)
    address.protocol = url.protocol === 'wss:' ? 'https:' : 'http:'
    this.asking = request(address, {
      agent: false,
      headers: { ...headers, Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': this.key },
    })
    this.asking.on('upgrade', (answer, line, head) => this.begin(answer, line, head))
    this.asking.on('response', (answer) => {
      answer.resume()
      this.end(REFUSED[answer.statusCode ?? 0] ?? CUT)
    })
    this.asking.on('error', () => this.end(CUT))
    this.asking.end()
  }

  addEventListener(type: 'message' | 'close', listener: (event: never) => void): void {
    const set = this.listeners.get(type) ?? new Set()
    this.listeners.set(type, set)
    set.add(listener as Listener)
  }

  send(text: string): void {
    this.line?.write(frameOf(TEXT, Buffer.from(text)))
  }

  close(): void {
    this.end(NORMAL, NORMAL)
  }

  private begin(answer: IncomingMessage, line: Duplex, head: Buffer): void {
    this.line = line
    line.on('error', () => this.end(CUT))
    const expected = createHash('sha1').update(this.key + HANDSHAKE_GUID).digest('base64')
    if (this.isOver || answer.headers['sec-websocket-accept'] !== expected) return this.end(CUT)
    line.on('data', (bytes: Buffer) => this.take(bytes))
    line.on('close', () => this.end(CUT))
    if (head.length > 0) this.take(head)
  }

  private take(bytes: Buffer): void {
    if (this.isOver) return
    try {
      for (const frame of this.reader.read(bytes)) {
        this.hear(frame)
        if (this.isOver) return
      }
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      this.end(error.code, error.code)
    }
  }

  private hear({ opcode, payload }: Frame): void {
    if (opcode === TEXT) this.tell('message', { data: this.textOf(payload), code: 0 })
    else if (opcode === PING) this.line?.write(frameOf(PONG, payload))
    else if (opcode === CLOSE) {
      const code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005
      this.end(code, code === 1005 ? NORMAL : code)
    }
  }

  private textOf(payload: Buffer): string {
    try {
      return this.text.decode(payload)
    } catch (error) {
      throw new FrameError(1007, `a message is not UTF-8: ${String(error)}`)
    }
  }

  /** Tells once that it is over, says goodbye with `farewell` where there is still somebody, and lets go of the line. */
  private end(code: number, farewell?: number): void {
    const { line } = this
    if (line === null) this.asking.destroy()
    else if (farewell === undefined) line.destroy()
    else if (!this.isOver) {
      const told = Buffer.alloc(2)
      told.writeUInt16BE(farewell)
      line.end(frameOf(CLOSE, told))
      setTimeout(() => line.destroy(), LAST_WORDS_MS).unref()
    }
    if (this.isOver) return
    this.isOver = true
    this.tell('close', { data: null, code })
  }

  private tell(type: string, event: { data: unknown; code: number }): void {
    for (const listener of this.listeners.get(type) ?? []) listener(event)
  }
}

/** Opens a socket that sends these headers with its handshake. Throws TypeError: the address is not one of a socket. */
export function openNodeSocket(address: string, headers: Readonly<Record<string, string>>): Socket {
  const url = new URL(address)
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') throw new TypeError(`a socket's address is ws:// or wss://, was ${url.protocol}//`)
  return new NodeSocket(url, headers)
}
