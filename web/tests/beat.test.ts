import { expect, test } from 'vitest'
import { Beat } from '../src/state/beat'

const FRAME_MS = 1000 / 60

/** Strikes so often, each time followed by a frame after so many ms; returns the last moment. */
function strikes(beat: Beat, times: number, frameAfterMs: number): number {
  let ms = 0
  for (let n = 0; n < times; n += 1) {
    ms += 1000
    beat.frame(ms)
    beat.strike(ms)
    beat.frame(ms + frameAfterMs)
  }
  return ms
}

test('a machine that keeps up may paint each message of quotes in the frame after it', () => {
  const beat = new Beat(FRAME_MS)
  const last = strikes(beat, 100, FRAME_MS)
  expect(beat.everyMs).toBe(34)
  expect(beat.nextMs).toBe(last + 33)
})

test('a screen of more frames a second is no slower machine', () => {
  const beat = new Beat(FRAME_MS)
  strikes(beat, 100, 1000 / 144)
  expect(beat.everyMs).toBe(34)
})

test('a machine that loses a frame to each beat paints ten times a second', () => {
  const beat = new Beat(FRAME_MS)
  strikes(beat, 100, 2 * FRAME_MS)
  expect(beat.everyMs).toBeCloseTo((FRAME_MS - 1) * 6, 0)
})

test('a machine that hardly moves still paints five times a second', () => {
  const beat = new Beat(FRAME_MS)
  strikes(beat, 100, 500)
  expect(beat.everyMs).toBe(200)
})

test('one late frame changes little, and a machine that has time again is found out', () => {
  const beat = new Beat(FRAME_MS)
  strikes(beat, 1, 10_000)
  expect(beat.everyMs).toBeLessThan(40)
  strikes(beat, 100, 500)
  strikes(beat, 100, FRAME_MS)
  expect(beat.everyMs).toBe(34)
})
