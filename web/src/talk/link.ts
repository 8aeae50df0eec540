// What a link from another page brings to the chat: an instruction, or the chart of a contract.

import type { Attachment } from './types'

const MINUTE_S = 60
const DAY_S = 86_400

/** `?instruction=B000001`, `?chart=rb2605.SHFE&s=300`; `null` where it names neither. */
export function attachmentOf(query: URLSearchParams): Attachment | null {
  const instruction = query.get('instruction') ?? ''
  if (instruction !== '') return { type: 'instruction', instruction_id: instruction }
  const contract = query.get('chart') ?? ''
  if (!/^[A-Za-z0-9._&-]{1,40}$/.test(contract)) return null
  const asked = Number(query.get('s'))
  const isInterval = Number.isInteger(asked) && asked >= 1 && asked <= DAY_S
  return { type: 'chart', instrument_id: contract, interval_s: isInterval ? asked : MINUTE_S, at: 0 }
}
