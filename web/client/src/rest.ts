// The one door to REST: token or cookie, CSRF header on what changes something, errors as one class.

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

  /** Nobody can say whether it was done: look, or repeat with the same key. */
  get isOutcomeUnknown(): boolean {
    return this.status === 0 || this.status >= 500
  }
}

export type Fetch = (address: string, request: RequestInit) => Promise<Response>

export interface RestOptions {
  /** Where one of the server's paths, such as `/api/v1/quotes`, is asked for. */
  readonly addressOf: (path: string) => string
  /** Sent with every request: a program's `Authorization`. */
  readonly headers?: Readonly<Record<string, string>>
  readonly fetch?: Fetch
  readonly timeLimitMs?: number
}

const TIME_LIMIT_MS = 8000

/** Every method throws `ApiError` alone: what the server refused, or status 0 where no whole answer came. */
export class Rest {
  private csrf = ''

  constructor(private readonly options: RestOptions) {}

  rememberCsrf(token: string): void {
    this.csrf = token
  }

  async get<T>(path: string): Promise<T> {
    return this.request<T>('GET', path)
  }

  /** `key` makes an act happen once, however often it is sent. */
  async post<T>(path: string, body?: unknown, key?: string): Promise<T> {
    return this.request<T>('POST', path, body, key)
  }

  async put<T>(path: string, body?: unknown, key?: string): Promise<T> {
    return this.request<T>('PUT', path, body, key)
  }

  async remove(path: string): Promise<void> {
    await this.request<unknown>('DELETE', path)
  }

  private async request<T>(method: string, path: string, body?: unknown, key?: string): Promise<T> {
    const { addressOf, timeLimitMs = TIME_LIMIT_MS } = this.options
    const headers: Record<string, string> = { Accept: 'application/json', ...this.options.headers }
    if (method !== 'GET' && this.csrf !== '') headers['X-CSRF-Token'] = this.csrf
    if (key !== undefined) headers['Idempotency-Key'] = key
    if (body !== undefined) headers['Content-Type'] = 'application/json'
    try {
      const response = await (this.options.fetch ?? fetch)(addressOf(path), {
        method,
        headers,
        credentials: 'same-origin',
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(timeLimitMs),
      })
      if (!response.ok) throw await errorOf(response)
      const text = await response.text()
      return (text === '' ? undefined : JSON.parse(text)) as T
    } catch (error) {
      // An answer that was cut off in its middle is no answer either.
      throw error instanceof ApiError ? error : new ApiError(0, 'unreachable', error instanceof Error ? error.message : String(error))
    }
  }
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
