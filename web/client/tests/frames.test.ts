// @vitest-environment node
import { expect, test } from 'vitest'
import { CLOSE, FrameError, frameOf, FrameReader, PING, TEXT } from '../src/frames'

/** A frame as a server sends it. */
function served(opcode: number, payload: string | Buffer, isLast = true): Buffer {
  const bytes = Buffer.from(payload)
  const size = bytes.length
  const header = size < 126 ? Buffer.from([0, size]) : size < 65_536 ? Buffer.from([0, 126, size >> 8, size & 255]) : Buffer.alloc(10)
  if (size >= 65_536) {
    header[1] = 127
    header.writeBigUInt64BE(BigInt(size), 2)
  }
  header[0] = (isLast ? 0x80 : 0) | opcode
  return Buffer.concat([header, bytes])
}

function read(reader: FrameReader, bytes: Buffer): [number, string][] {
  return [...reader.read(bytes)].map(({ opcode, payload }) => [opcode, payload.toString()])
}

test.each([0, 5, 125, 126, 65_535, 65_536, 600_000])('a text of %d bytes is read whole', (size) => {
  const text = 'x'.repeat(size)
  expect(read(new FrameReader(), served(TEXT, text))).toEqual([[TEXT, text]])
})

test('frames that come byte by byte, or several at once, are the same frames', () => {
  const stream = Buffer.concat([served(TEXT, '行情'), served(PING, 'p'), served(TEXT, 'b'.repeat(300))])
  const once = read(new FrameReader(), stream)
  const reader = new FrameReader()
  const slowly = [...stream].flatMap((byte) => read(reader, Buffer.from([byte])))
  expect(once).toEqual([[TEXT, '行情'], [PING, 'p'], [TEXT, 'b'.repeat(300)]])
  expect(slowly).toEqual(once)
})

test('a divided message is joined, and a ping between its parts is heard at once', () => {
  const reader = new FrameReader()
  expect(read(reader, served(TEXT, 'ab', false))).toEqual([])
  expect(read(reader, served(PING, ''))).toEqual([[PING, '']])
  expect(read(reader, served(0, 'cd'))).toEqual([[TEXT, 'abcd']])
})

test.each([
  ['compressed', Buffer.from([0xc1, 0]), 1002],
  ['masked by a server', frameOf(TEXT, Buffer.from('a')), 1002],
  ['binary', served(2, 'a'), 1003],
  ['a part without its beginning', served(0, 'a'), 1002],
  ['a long control frame', served(PING, 'a'.repeat(126)), 1002],
  ['a divided control frame', served(CLOSE, '', false), 1002],
  ['larger than anything we hold', Buffer.from([0x81, 127, 0, 0, 0, 1, 0, 0, 0, 0]), 1009],
])('what is %s ends the line', (_, bytes, code) => {
  const reading = (): unknown => read(new FrameReader(), bytes)
  expect(reading).toThrow(FrameError)
  expect(reading).toThrow(expect.objectContaining({ code }))
})

test('a second beginning inside a divided message ends the line', () => {
  const reader = new FrameReader()
  read(reader, served(TEXT, 'a', false))
  expect(() => read(reader, served(TEXT, 'b'))).toThrow(FrameError)
})

test.each([0, 125, 126, 65_536])('what a client sends of %d bytes is masked and says its size', (size) => {
  const frame = frameOf(TEXT, Buffer.alloc(size, 'y'))
  const from = size < 126 ? 2 : size < 65_536 ? 4 : 10
  expect(frame[0]).toBe(0x81)
  expect(frame[1]! & 0x80).toBe(0x80)
  expect(frame).toHaveLength(from + 4 + size)
  const mask = frame.subarray(from, from + 4)
  const plain = frame.subarray(from + 4).map((byte, at) => byte ^ mask[at & 3]!)
  expect(plain.every((byte) => byte === 0x79)).toBe(true)
})
