// Signing in, step by step: what is asked for next, and what is said when somebody is not let in.

import '../i18n/people'
import { ApiError } from '../api/client'
import { messageOf } from '../app/session'
import { t } from '../i18n'

export const WAYS = ['password', 'token'] as const
export type Way = (typeof WAYS)[number]
/** `code`: the second factor; `change`: a password that somebody else gave is put aside first. */
export type Step = 'proof' | 'code' | 'change'

const WAY_KEY = 'tradewind.way'

/** How one came in the last time on this machine, and by a token where the address has brought one. The server is not
 * asked: whether it has any users is nobody's business who is not signed in. */
export function firstWay(hasToken: boolean): Way {
  if (hasToken) return 'token'
  try {
    return localStorage.getItem(WAY_KEY) === 'token' ? 'token' : 'password'
  } catch {
    return 'password'
  }
}

export function rememberWay(way: Way): void {
  try {
    localStorage.setItem(WAY_KEY, way)
  } catch {
    // A browser that refuses storage begins with the password each time.
  }
}

/** Takes a token out of what was pasted: the token itself or the whole login link. */
export function tokenOf(text: string): string {
  const trimmed = text.trim()
  const at = trimmed.lastIndexOf('#')
  return at < 0 ? trimmed : trimmed.slice(at + 1)
}

/** The refusal that only asks for the second factor. */
export function needsCode(error: unknown): boolean {
  return error instanceof ApiError && error.code === 'code_needed'
}

/** Why nobody was let in, and what to do about it. */
export function explain(error: unknown, way: Way): string {
  if (!(error instanceof ApiError)) return t('login.failed', { message: messageOf(error) })
  switch (error.code) {
    case 'wrong_code':
      return t('login.wrongCode')
    case 'wrong_password':
      return t('login.wrongPassword')
    case 'sign_in_unavailable':
      return t('login.away', { message: error.message })
    case 'sign_in_busy':
      return t('login.busy')
  }
  if (error.status === 429) return t('login.locked', { seconds: secondsIn(error.message) })
  if (error.isSignedOut || error.status === 400 || error.status === 422) return t(way === 'token' ? 'login.bad' : 'login.wrongPassword')
  return error.isAbsent ? t('state.absent') : t('login.failed', { message: error.message })
}

/** `… try again in 8 s`: the server says how long; without a figure it is a while. */
function secondsIn(message: string): string {
  const found = /(\d+) s\b/.exec(message)
  return found === null ? t('login.aWhile') : t('login.seconds', { count: found[1] ?? '' })
}

export type PasswordFault = 'short' | 'same' | 'differs'

const LEAST = 12

/** What is wrong with a new password; the server knows more and says so. */
export function passwordFault(was: string, wanted: string, again: string): PasswordFault | null {
  if (wanted.length < LEAST) return 'short'
  if (wanted === was) return 'same'
  return wanted === again ? null : 'differs'
}
