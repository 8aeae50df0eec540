// Short messages that go by themselves; bounded, so that a storm of them cannot cover the page.

import { ref } from 'vue'

export interface Toast {
  readonly id: number
  readonly kind: 'info' | 'error'
  readonly text: string
}

const MOST = 4
const SHOWN_MS = 6000

export const toasts = ref<readonly Toast[]>([])
let lastId = 0

export function toast(text: string, kind: Toast['kind'] = 'info'): void {
  lastId += 1
  const id = lastId
  toasts.value = [...toasts.value, { id, kind, text }].slice(-MOST)
  setTimeout(() => dismiss(id), SHOWN_MS)
}

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((item) => item.id !== id)
}
