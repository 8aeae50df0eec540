// The frames of RFC 6455 as far as our push protocol uses them: text, ping, pong, close; nothing compressed.

import { randomBytes } from 'node:crypto'

export const TEXT = 1
export const CLOSE = 8
export const PING = 9
export const PONG = 10
const CONTINUED = 0
const LARGEST = 64 * 1024 * 1024

export interface Frame {
  readonly opcode: number
  readonly payload: Buffer
}

/** Bytes that are no such frame; the line cannot be read any further. */
export class FrameError extends Error {
  constructor(
    /** What the other side is told. */
    readonly code: number,
    message: string,
  ) {
    super(message)
  }
}

/** Cuts what comes in into whole messages; the parts of a divided one are joined. */
export class FrameReader {
  private pending: Buffer = Buffer.alloc(0)
  private parts: Buffer[] = []

  /** Throws FrameError. */
  public *read(bytes: Buffer): Generator<Frame, void> {
    this.pending = this.pending.length === 0 ? bytes : Buffer.concat([this.pending, bytes])
    for (let header = headerOf(this.pending); header !== null; header = headerOf(this.pending)) {
      const end = header.from + header.size
      if (this.pending.length < end) return
      const payload = this.pending.subarray(header.from, end)
      this.pending = this.pending.subarray(end)
      const frame = this.whole(header.opcode, header.isLast, payload)
      if (frame !== null) yield frame
    }
  }

  private whole(opcode: number, isLast: boolean, payload: Buffer): Frame | null {
    if (opcode >= CLOSE) {
      if (!isLast || payload.length > 125) throw new FrameError(1002, 'a control frame may not be divided or long')
      return { opcode, payload }
    }
    if (opcode !== TEXT && opcode !== CONTINUED) throw new FrameError(1003, `only text is understood, not opcode ${opcode}`)
    if ((opcode === CONTINUED) !== this.parts.length > 0) throw new FrameError(1002, 'a part without its beginning')
    this.parts.push(payload)
    if (this.parts.reduce((sum, part) => sum + part.length, 0) > LARGEST) throw new FrameError(1009, 'the message is too large')
    if (!isLast) return null
    const joined = this.parts.length === 1 ? payload : Buffer.concat(this.parts)
    this.parts = []
    return { opcode: TEXT, payload: joined }
  }
}

interface Header {
  readonly opcode: number
  readonly isLast: boolean
  readonly from: number
  readonly size: number
}

/** The header at the beginning, `null` where it has not come whole. */
function headerOf(bytes: Buffer): Header | null {
  if (bytes.length < 2) return null
  const [first, second] = [bytes[0]!, bytes[1]!]
  if ((first & 0x70) !== 0) throw new FrameError(1002, 'reserved bits are set: nothing was agreed that uses them')
  if ((second & 0x80) !== 0) throw new FrameError(1002, 'a server does not mask')
  const told = second & 0x7f
  const from = told === 127 ? 10 : told === 126 ? 4 : 2
  if (bytes.length < from) return null
  const size = told === 127 ? Number(bytes.readBigUInt64BE(2)) : told === 126 ? bytes.readUInt16BE(2) : told
  if (size > LARGEST) throw new FrameError(1009, `a frame of ${size} bytes is too large`)
  return { opcode: first & 0x0f, isLast: (first & 0x80) !== 0, from, size }
}

/** One masked frame, as a client has to send it. */
export function frameOf(opcode: number, payload: Buffer): Buffer {
  const { length } = payload
  const header = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10)
  header[0] = 0x80 | opcode
  header[1] = 0x80 | (length < 126 ? length : length < 65_536 ? 126 : 127)
  if (header.length === 4) header.writeUInt16BE(length, 2)
  if (header.length === 10) header.writeBigUInt64BE(BigInt(length), 2)
  const mask = randomBytes(4)
  const masked = Buffer.from(payload)
  for (let i = 0; i < length; i += 1) masked[i] = masked[i]! ^ mask[i & 3]!
  return Buffer.concat([header, mask, masked])
}
