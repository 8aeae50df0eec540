// What the chat page shows: rooms, the messages read so far, what nobody has read. Kept fresh by the feed; whatever the
// feed missed is found again by asking.

import { computed, ref, shallowRef, watch } from 'vue'
import { session } from '../app/session'
import { listen, returns, wish } from '../transport/feed'
import { askMessages, askRooms, markRead } from './calls'
import type { ChatMessage, ChatRoom } from './types'
import { unreadMessages } from './unread'

/** A page that stands open for weeks keeps this many messages of a room. */
const MOST = 1000

export const rooms = shallowRef<readonly ChatRoom[]>([])
export const openRoom = ref('')
/** Messages of the open room, the oldest first. */
export const messages = shallowRef<readonly ChatMessage[]>([])
/** Where the older ones begin, 0 when all are here. */
export const olderFrom = ref(0)
/** True while somebody looks at the open room: what comes is read. */
export const isLooking = ref(false)

const byId = new Map<number, ChatMessage>()

export const members = computed(() => rooms.value.find((each) => each.room === openRoom.value)?.members ?? [])

watch(rooms, (list) => {
  unreadMessages.value = list.reduce((total, each) => total + each.unread, 0)
})

function take(list: readonly ChatMessage[]): void {
  for (const message of list) {
    const known = byId.get(message.message_id)
    if (message.room === openRoom.value && (known === undefined || known.version <= message.version)) byId.set(message.message_id, message)
  }
  const ordered = [...byId.values()].toSorted((a, b) => a.message_id - b.message_id)
  for (const message of ordered.slice(0, Math.max(0, ordered.length - MOST))) byId.delete(message.message_id)
  messages.value = ordered.slice(-MOST)
}

export async function loadRooms(): Promise<void> {
  rooms.value = await askRooms()
}

/** Opens a room at its newest message. */
export async function enter(room: string): Promise<void> {
  openRoom.value = room
  byId.clear()
  messages.value = []
  const page = await askMessages(room)
  if (openRoom.value !== room) return
  take(page.messages)
  olderFrom.value = page.next
  await read()
}

export async function loadOlder(): Promise<void> {
  const room = openRoom.value
  if (olderFrom.value === 0) return
  const page = await askMessages(room, olderFrom.value)
  if (openRoom.value !== room) return
  take(page.messages)
  olderFrom.value = page.next
}

/** What one has written or changed oneself, before the feed says so. */
export function keep(message: ChatMessage): void {
  take([message])
}

/** Counts what stands in the open room as read. */
export async function read(): Promise<void> {
  const room = openRoom.value
  const through = messages.value.at(-1)?.message_id ?? 0
  const unread = rooms.value.find((each) => each.room === room)?.unread ?? 0
  if (!isLooking.value || through === 0 || unread === 0) return
  change(room, { unread: 0 })
  await markRead(room, through).catch(() => undefined)
}

function change(room: string, to: Partial<ChatRoom>): void {
  rooms.value = rooms.value.map((each) => (each.room === room ? { ...each, ...to } : each))
}

function hear(message: ChatMessage): void {
  const known = rooms.value.find((each) => each.room === message.room)
  if (known === undefined || message.message_id <= known.newest) return
  const isOwn = message.username === session.value?.identity
  change(message.room, { newest: message.message_id, unread: known.unread + (isOwn ? 0 : 1) })
}

let isHeard = false

/** Follows every room; once a page. */
export function followChat(): void {
  if (isHeard) return
  isHeard = true
  listen('chat', (update) => {
    const told = update.rows as unknown as ChatMessage[]
    told.forEach(hear)
    take(told)
    void read()
  })
  wish({ topic: 'chat', mode: 'every' })
  void loadRooms().catch(() => undefined)
  // What was written while the line was cut is asked for.
  watch(returns, () => {
    void loadRooms().catch(() => undefined)
    if (openRoom.value !== '') void enter(openRoom.value).catch(() => undefined)
  })
}
