// A Tradewind server as a program sees it: questions, acts that happen once, and the feed of live data.

import { Act } from './act.js'
import { reachableUrl } from './address.js'
import type {
  Account, CloseView, Decimal, Direction, EquityView, Instruction, LimitsView, Lot, ModeAnswer, Order, Plan, Position, TradingState,
  Trigger, WhatIf,
} from './desk.js'
import { Feed, type FeedOptions } from './feed.js'
import type { CloseForm, ClosePreviewForm, InstructionForm, ModeForm, RecordAsk, RecordRow, WhatIfForm, WishedLine } from './forms.js'
import type { Bar, FeatureSnapshot, Instrument, Opportunity, RiskAlert, Session, Signal, Tick } from './model.js'
import { Rest, type Fetch } from './rest.js'

export interface TradewindOptions {
  /** Address of the server with its path prefix, if any: `https://desk.example/tradewind`. A page leaves it out. */
  readonly url?: string
  /** The access token, or an API key (`tw_…`). Without one, `signIn`, or the cookie that the page already has. */
  readonly token?: string
  readonly fetch?: Fetch
  readonly timeLimitMs?: number
  /** How a socket is opened where the environment has no usable one of its own. */
  readonly openSocket?: FeedOptions['openSocket']
}

export type Proof = { readonly token: string } | { readonly username: string; readonly password: string; readonly code?: string }

/** Every question throws ApiError; what changes something is an `Act`, which says when and how often it is sent. */
export class Tradewind {
  /** For whatever has no method of its own here. */
  readonly rest: Rest
  private readonly root: string

  constructor(private readonly options: TradewindOptions = {}) {
    this.root = (options.url ?? '').replace(/\/+$/, '')
    this.rest = new Rest({
      addressOf: (path) => this.root + path,
      headers: options.token === undefined ? {} : { Authorization: `Bearer ${options.token}` },
      ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
      ...(options.timeLimitMs === undefined ? {} : { timeLimitMs: options.timeLimitMs }),
    })
  }

  /** Who one is, what one may do, and where live data is served. */
  async session(): Promise<Session> {
    const session = await this.rest.get<Session>('/api/v1/session')
    this.rest.rememberCsrf(session.csrf)
    return session
  }

  /** Exchanges the access token, or name and password, for a session; `code` where a second factor is asked for. */
  async signIn(proof: Proof): Promise<Session> {
    const session = await this.rest.post<Session>('/api/v1/session', proof)
    this.rest.rememberCsrf(session.csrf)
    return session
  }

  async signOut(): Promise<void> {
    await this.rest.remove('/api/v1/session')
    this.rest.rememberCsrf('')
  }

  /** Asks where live data is and opens the feed; subscribe to it before or after it is live. */
  async feed(options: Partial<FeedOptions> = {}): Promise<Feed> {
    const session = await this.session()
    const url = this.pushAddress(session.push_url)
    const feed = new Feed(url, {
      mostTries: session.reconnect_tries ?? 10,
      openSocket: this.options.openSocket ?? ((address) => new WebSocket(address)),
      ...options,
    })
    feed.open()
    return feed
  }

  instruments(): Promise<Instrument[]> {
    return this.rest.get('/api/v1/instruments')
  }

  quotes(): Promise<Tick[]> {
    return this.rest.get('/api/v1/quotes')
  }

  quote(instrumentId: string): Promise<Tick> {
    return this.rest.get(`/api/v1/quotes/${encodeURIComponent(instrumentId)}`)
  }

  features(instrumentId: string): Promise<FeatureSnapshot> {
    return this.rest.get(`/api/v1/features/${encodeURIComponent(instrumentId)}`)
  }

  /** The one-minute bars of the day so far, oldest first. */
  bars(instrumentId: string): Promise<Bar[]> {
    return this.rest.get(`/api/v1/bars/${encodeURIComponent(instrumentId)}`)
  }

  signals(asked: { instrument?: string; strategy?: string; limit?: number } = {}): Promise<Signal[]> {
    return this.rest.get(`/api/v1/signals${query(asked)}`)
  }

  opportunities(asked: { state?: string; instrument?: string; min_confidence?: number; limit?: number } = {}): Promise<Opportunity[]> {
    return this.rest.get(`/api/v1/opportunities${query(asked)}`)
  }

  alerts(asked: { kind?: string; severity?: string; limit?: number } = {}): Promise<RiskAlert[]> {
    return this.rest.get(`/api/v1/alerts${query(asked)}`)
  }

  accounts(): Promise<Account[]> {
    return this.rest.get('/api/v1/accounts')
  }

  equity(account: string, book = ''): Promise<EquityView> {
    return this.rest.get(`/api/v1/equity${query({ account, book })}`)
  }

  positions(): Promise<Position[]> {
    return this.rest.get('/api/v1/positions')
  }

  lots(asked: { account: string; instrument: string; direction: Direction; book?: string }): Promise<Lot[]> {
    return this.rest.get(`/api/v1/lots${query(asked)}`)
  }

  /** Orders that are live or ended lately; `isLive`: only those that may still fill. */
  orders(isLive = false): Promise<Order[]> {
    return this.rest.get(`/api/v1/orders${query(isLive ? { live: 'true' } : {})}`)
  }

  instructions(): Promise<Instruction[]> {
    return this.rest.get('/api/v1/instructions')
  }

  plans(): Promise<Plan[]> {
    return this.rest.get('/api/v1/plans')
  }

  triggers(): Promise<Trigger[]> {
    return this.rest.get('/api/v1/triggers')
  }

  limits(): Promise<LimitsView> {
    return this.rest.get('/api/v1/limits')
  }

  tradingStates(): Promise<TradingState[]> {
    return this.rest.get('/api/v1/trading-states')
  }

  /** Judged by the gate's own code, nothing sent. */
  whatIf(form: WhatIfForm): Promise<WhatIf> {
    return this.rest.post('/api/v1/what-if', form)
  }

  previewClose(form: ClosePreviewForm): Promise<CloseView> {
    return this.rest.post('/api/v1/close/preview', form)
  }

  /** Rows of `trades`, `orders`, `triggers`, `instructions`, `equity`, `settlements`, `journal` …, page by page. */
  async *records<T = RecordRow>(view: string, asked: RecordAsk = {}): AsyncGenerator<T, void> {
    let after = ''
    do {
      const path = `/api/v1/records/${encodeURIComponent(view)}${query({ ...asked, after })}`
      const page = await this.rest.get<{ rows: readonly T[]; next: string }>(path)
      yield* page.rows
      after = page.next
    } while (after !== '')
  }

  /** An instruction whose orders pass the gate one by one. Nothing is sent before `run` or `settle`. */
  instruct(form: InstructionForm, key?: string): Act<Instruction> {
    return new Act(this.rest, '/api/v1/instructions', form, key)
  }

  /** An instruction of one contract, at a limit price or, without one, at the price its algorithm finds. */
  order(line: WishedLine & { readonly account_id: string; readonly limit_price?: Decimal; readonly reason?: string }, key?: string): Act<Instruction> {
    const { account_id, limit_price, reason, execution, ...rest } = line
    const how = limit_price === undefined ? execution : { ...execution, limit_price }
    const only: WishedLine = how === undefined ? rest : { ...rest, execution: how }
    return this.instruct({ account_id, lines: [only], ...(reason === undefined ? {} : { reason }) }, key)
  }

  close(form: CloseForm, key?: string): Act<Instruction> {
    return new Act(this.rest, '/api/v1/close', form, key)
  }

  cancelInstruction(instruction_id: string, reason = '', key?: string): Act<Instruction> {
    return new Act(this.rest, '/api/v1/instructions/cancel', { instruction_id, reason }, key)
  }

  cancelOrder(client_order_id: string, reason = '', key?: string): Act<{ client_order_id: string; is_cancel_asked: boolean }> {
    return new Act(this.rest, '/api/v1/orders/cancel', { client_order_id, reason }, key)
  }

  startPlan(name: string, key?: string): Act<Plan> {
    return new Act(this.rest, `/api/v1/plans/${encodeURIComponent(name)}/start`, undefined, key)
  }

  stopPlan(name: string, key?: string): Act<Plan> {
    return new Act(this.rest, `/api/v1/plans/${encodeURIComponent(name)}/stop`, undefined, key)
  }

  /** Halts, reduces or releases one scope. */
  setMode(form: ModeForm, key?: string): Act<ModeAnswer> {
    return new Act(this.rest, '/api/v1/trading-states', form, key)
  }

  /** Stops all plans, cancels all live orders, refuses new ones until somebody releases it. */
  emergencyStop(reason: string, key?: string): Act<ModeAnswer> {
    return new Act(this.rest, '/api/v1/emergency-stop', { confirm: 'STOP', reason }, key)
  }

  /** A socket carries who we are as well: never in the clear where the questions are not. */
  private pushAddress(pushUrl: string): string {
    const page = this.root === '' ? globalThis.location.origin : this.root
    const url = reachableUrl(pushUrl, page)
    if (page.startsWith('https:') && !url.startsWith('wss:')) {
      throw new TypeError(`the server is asked over https, but serves live data at ${url}: set api.push_url to its wss address`)
    }
    return url
  }
}

function query(asked: Readonly<Record<string, string | number | undefined>>): string {
  const pairs = Object.entries(asked).filter(([, value]) => value !== undefined && value !== '')
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]))}`
}
