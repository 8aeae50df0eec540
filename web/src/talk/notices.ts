// What one is told: the newest notices and how many are not read. The feed brings them; the count is asked for, since
// another tab or another machine may have read them.

import { shallowRef, watch } from 'vue'
import { session } from '../app/session'
import { listen, returns, wish } from '../transport/feed'
import { askNotices, markNotices } from './calls'
import type { Notice } from './types'
import { unreadNotices } from './unread'

const MOST = 200
const PAUSE_MS = 400

/** The newest first. */
export const notices = shallowRef<readonly Notice[]>([])
let timer = 0

function take(list: readonly Notice[]): void {
  const byId = new Map(notices.value.map((notice) => [notice.notice_id, notice]))
  for (const notice of list) byId.set(notice.notice_id, notice)
  notices.value = [...byId.values()].toSorted((a, b) => b.notice_id - a.notice_id).slice(0, MOST)
}

export async function loadNotices(): Promise<void> {
  const page = await askNotices()
  take(page.notices)
  unreadNotices.value = page.unread
}

/** The page before the oldest of these; returns where the one before that ends, 0 when there is none. */
export async function loadEarlier(before: number): Promise<number> {
  const page = await askNotices(before)
  take(page.notices)
  return page.next
}

export async function read(noticeIds: readonly number[]): Promise<void> {
  const named = new Set(noticeIds)
  await markNotices(noticeIds)
  notices.value = notices.value.map((notice) => (named.has(notice.notice_id) ? { ...notice, is_read: true } : notice))
  loadSoon()
}

export async function readAll(): Promise<void> {
  await markNotices([], notices.value[0]?.notice_id ?? 0)
  notices.value = notices.value.map((notice) => ({ ...notice, is_read: true }))
  unreadNotices.value = 0
}

function loadSoon(): void {
  window.clearTimeout(timer)
  timer = window.setTimeout(() => {
    // Whoever has signed out meanwhile is asked nothing more.
    if (session.value !== null) void loadNotices().catch(() => undefined)
  }, PAUSE_MS)
}

let isHeard = false

/** Hears of notices; once a page. */
export function followNotices(): void {
  if (isHeard) return
  isHeard = true
  listen('notices', (update) => {
    take(update.rows as unknown as Notice[])
    loadSoon()
  })
  wish({ topic: 'notices', mode: 'every' })
  void loadNotices().catch(() => undefined)
  watch(returns, loadSoon)
}
