// The login link carries the token in its fragment, which no server and no log ever sees. It is taken out of the
// address and the history before anything else runs.

import { inward } from './base'

let pending = ''

export function takeTokenFromAddress(): void {
  const { pathname, search, hash } = globalThis.location
  if (inward(pathname) !== '/login' || hash.length < 2) return
  pending = hash.slice(1)
  globalThis.history.replaceState(globalThis.history.state, '', pathname + search)
}

export function hasPendingToken(): boolean {
  return pending !== ''
}

/** The token of the link this page was opened by, once. */
export function pendingToken(): string {
  const token = pending
  pending = ''
  return token
}
