// Chat and notices as the server sends them: the lines themselves are the package's (`client/src/talk.ts`).

import type { ChatMessage, Notice, Ns } from '@tradewind/client'

export type {
  Attachment, ChatMessage, Notice,
} from '@tradewind/client'

export interface ChatRoom {
  readonly room: string
  readonly unread: number
  readonly newest: number
  readonly members: readonly string[]
}

export interface ChatHistory {
  readonly messages: readonly ChatMessage[]
  /** Where the page before this one ends, 0 on the last. */
  readonly next: number
}

export interface NoticeList {
  readonly notices: readonly Notice[]
  readonly unread: number
  readonly next: number
}

export const QUIET = ['never', 'hours', 'off_session'] as const

export interface Wishes {
  readonly language: 'zh' | 'en' | null
  /** By kind; one that is not named comes by its usual channels. */
  readonly channels: Readonly<Record<string, readonly string[]>>
  readonly quiet: (typeof QUIET)[number]
  /** Minutes after midnight in China. */
  readonly quiet_from: number
  readonly quiet_until: number
}

export interface Preferences {
  readonly preferences: { readonly username: string; readonly wishes: Wishes; readonly version: number }
  readonly kinds: readonly { readonly kind: string; readonly channels: readonly string[]; readonly is_urgent: boolean }[]
  readonly has_email: boolean
}

export interface Delivery {
  readonly delivery_id: number
  readonly channel: string
  readonly username: string
  readonly state: 'waiting' | 'sending' | 'sent' | 'dead'
  readonly attempts: number
  readonly due_at: Ns
  readonly message_id: string
  readonly error: string
  readonly created_at: Ns
  readonly ended_at: Ns
  readonly happening: Pick<Notice, 'kind' | 'product_code' | 'account_id' | 'subject' | 'actor' | 'params' | 'event_id' | 'ts_event'>
}

export interface ChannelState {
  readonly name: string
  readonly state: 'open' | 'resting'
  readonly rests_until: Ns
  readonly reason: string
  readonly waiting: number
  readonly dead: number
}

export interface DeliveryList {
  readonly deliveries: readonly Delivery[]
  readonly channels: readonly ChannelState[]
  readonly next: number
}
