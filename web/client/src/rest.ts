// The one door to REST: same origin, cookie, CSRF header on what changes something, errors as one class.

import { outward } from '../../src/app/base'

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message)
    this.name = 'ApiError'
  }

  get isSignedOut(): boolean {
    return this.status === 401
  }

  /** No answer at all: the server is not there. */
  get isAbsent(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 504
  }
}

const TIME_LIMIT_MS = 8000
let csrf = ''

export function rememberCsrf(token: string): void {
  csrf = token
}

export async function get<T>(path: string): Promise<T> {
  return request<T>('GET', path)
}

/** `key` makes an act happen once, however often it is sent. */
export async function post<T>(path: string, body?: unknown, key?: string): Promise<T> {
  return request<T>('POST', path, body, key)
}

export async function put<T>(path: string, body?: unknown, key?: string): Promise<T> {
  return request<T>('PUT', path, body, key)
}

export async function remove(path: string): Promise<void> {
  await request<unknown>('DELETE', path)
}

async function request<T>(method: string, path: string, body?: unknown, key?: string): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (method !== 'GET' && csrf !== '') headers['X-CSRF-Token'] = csrf
  if (key !== undefined) headers['Idempotency-Key'] = key
  if (body !== undefined) headers['Content-Type'] = 'application/json'
  let response: Response
  try {
    response = await fetch(outward(path), {
      method,
      headers,
      credentials: 'same-origin',
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(TIME_LIMIT_MS),
    })
  } catch (error) {
    throw new ApiError(0, 'unreachable', error instanceof Error ? error.message : String(error))
  }
  if (!response.ok) throw await errorOf(response)
  if (response.status === 204) return undefined as T
  const text = await response.text()
  return (text === '' ? undefined : JSON.parse(text)) as T
}

async function errorOf(response: Response): Promise<ApiError> {
  try {
    const body = (await response.json()) as { error?: { code?: string; message?: string } }
    const code = body.error?.code ?? `http_${response.status}`
    return new ApiError(response.status, code, body.error?.message ?? response.statusText)
  } catch {
    return new ApiError(response.status, `http_${response.status}`, response.statusText)
  }
}

/** A name under which something is done once. */
export function newKey(): string {
  // `randomUUID` exists on https and localhost alone; a desk in a house network may have neither.
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
