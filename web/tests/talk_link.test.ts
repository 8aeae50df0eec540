// What a link from another page attaches to a message.
import { expect, test } from 'vitest'
import { attachmentOf } from '../src/talk/link'

const of = (query: string): unknown => attachmentOf(new URLSearchParams(query))

test('a chart comes with its interval, an instruction by its number, anything else is nothing', () => {
  expect(of('chart=rb2605.SHFE&s=300')).toEqual({ type: 'chart', instrument_id: 'rb2605.SHFE', interval_s: 300, at: 0 })
  expect(of('instruction=B000001&chart=rb2605.SHFE')).toEqual({ type: 'instruction', instruction_id: 'B000001' })
  expect([of(''), of('chart='), of('chart=%3Cscript%3E'), of(`chart=${'x'.repeat(41)}`)]).toEqual([null, null, null, null])
})

test('an interval that is none is a minute', () => {
  for (const asked of ['', '&s=0', '&s=1.5', '&s=86401', '&s=x']) expect(of(`chart=rb2605.SHFE${asked}`)).toMatchObject({ interval_s: 60 })
})
