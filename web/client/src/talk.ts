// Chat and notices, in the field names of the Python structs.

import type { Ns } from './model.js'

export type Attachment =
  | { readonly type: 'instruction'; readonly instruction_id: string }
  | { readonly type: 'chart'; readonly instrument_id: string; readonly interval_s: number; readonly at: Ns }

export interface ChatMessage {
  readonly message_id: number
  readonly room: string
  readonly product_code: string
  readonly username: string
  readonly name: string
  readonly text: string
  readonly mentions: readonly string[]
  readonly attachments: readonly Attachment[]
  readonly created_at: Ns
  readonly version: number
  readonly edited_at: Ns
  readonly deleted_at: Ns
}

export interface Notice {
  readonly notice_id: number
  readonly username: string
  readonly kind: string
  readonly is_urgent: boolean
  readonly product_code: string
  readonly account_id: string
  readonly subject: string
  readonly actor: string
  readonly params: Readonly<Record<string, string>>
  readonly event_id: string
  readonly ts_event: Ns
  readonly created_at: Ns
  readonly is_read: boolean
}
