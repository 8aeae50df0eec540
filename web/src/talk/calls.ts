// What the pages ask of chat and notices, in one place.

import { get, post } from '../api/client'
import type { Attachment, ChatHistory, ChatMessage, ChatRoom, DeliveryList, NoticeList, Preferences, Wishes } from './types'

const CHAT = '/api/v1/chat'
const NOTICES = '/api/v1/notices'

export const askRooms = (): Promise<ChatRoom[]> => get(`${CHAT}/rooms`)

export function askMessages(room: string, before = 0, limit = 50): Promise<ChatHistory> {
  return get(`${CHAT}/rooms/${encodeURIComponent(room)}/messages?before=${before}&limit=${limit}`)
}

/** `key` makes the same message arrive once, however often it is sent. */
export function say(room: string, text: string, attachments: readonly Attachment[], key: string): Promise<ChatMessage> {
  return post(`${CHAT}/rooms/${encodeURIComponent(room)}/messages`, { text, attachments }, key)
}

export function editMessage(message: ChatMessage, text: string): Promise<ChatMessage> {
  return post(`${CHAT}/messages/${message.message_id}/edit`, { text, version: message.version, attachments: message.attachments })
}

export const takeBack = (messageId: number): Promise<ChatMessage> => post(`${CHAT}/messages/${messageId}/delete`)

export function markRead(room: string, through: number): Promise<unknown> {
  return post(`${CHAT}/rooms/${encodeURIComponent(room)}/read`, { through })
}

export function askNotices(before = 0, isUnread = false, limit = 50): Promise<NoticeList> {
  return get(`${NOTICES}?before=${before}&limit=${limit}&unread=${isUnread}`)
}

export const askUnread = (): Promise<{ unread: number }> => get(`${NOTICES}/unread`)

/** Counts as read those named, and every one through `through`. */
export function markNotices(noticeIds: readonly number[], through = 0): Promise<{ unread: number }> {
  return post(`${NOTICES}/read`, { notice_ids: noticeIds, through })
}

export const askPreferences = (): Promise<Preferences> => get(`${NOTICES}/preferences`)

export function setPreferences(wishes: Wishes, version: number): Promise<Preferences> {
  return post(`${NOTICES}/preferences`, { wishes, version })
}

export function askDeliveries(state: string, before = 0): Promise<DeliveryList> {
  return get(`/api/v1/deliveries?before=${before}&limit=50${state === '' ? '' : `&state=${state}`}`)
}

export const retryDelivery = (deliveryId: number): Promise<unknown> => post(`/api/v1/deliveries/${deliveryId}/retry`)
