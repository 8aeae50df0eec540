// Parts that belong to a page and come after it. One that could not be fetched is asked for until it is there: a page
// opened while the server was restarting would otherwise never tell a fill, nor say that it shows a replay.

import { defineAsyncComponent, type Component } from 'vue'

const AGAIN_MS = 2_000

/** Returns what `load` brings, however often it takes. */
export async function persistently<T>(load: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await load()
    } catch {
      await new Promise((go) => setTimeout(go, AGAIN_MS))
    }
  }
}

/** Returns a component that is fetched when it is first shown. */
export function fetched(load: () => Promise<{ default: Component }>): Component {
  return defineAsyncComponent(() => persistently(load))
}
