// The frames of docs/push-protocol.md and what worker and page say to each other.

export type TopicName =
  | 'quotes'
  | 'features'
  | 'bars'
  | 'signals'
  | 'opportunities'
  | 'risk_alerts'
  | 'positions'
  | 'accounts'
  | 'orders'
  | 'fills'
  | 'instructions'
  | 'plans'
  | 'triggers'
  | 'trading_states'
  | 'limit_warnings'
  | 'system'
  | 'notices'
  | 'chat'
  | 'position_figures'
  | 'account_figures'
  | 'trade_statistics'
  | 'order_statistics'
  | 'position_groups'
  | 'modules'
  | 'jobs'

export type Mode = 'latest' | 'every'

export interface Position {
  readonly epoch: string
  readonly offset: number
}

export interface SubscribeCommand {
  readonly op: 'subscribe'
  readonly id: number
  readonly topic: TopicName
  readonly instruments?: readonly string[]
  readonly mode?: Mode
  readonly interval_ms?: number
  readonly resume?: Position
}

export type Command =
  | SubscribeCommand
  | { readonly op: 'unsubscribe'; readonly id: number; readonly topic: TopicName }
  | { readonly op: 'ping'; readonly id: number }

export type Row = Readonly<Record<string, unknown>>

export type ServerFrame =
  | { type: 'welcome'; epoch: string; server: string; heartbeat_s: number; topics: string[] }
  | { type: 'subscribed'; id: number | null; topic: TopicName; epoch: string; offset: number; recovered: boolean; mode: Mode }
  | { type: 'unsubscribed'; id: number | null; topic: TopicName }
  | { type: 'snapshot'; topic: TopicName; epoch: string; offset: number; data: Row[] }
  | { type: 'delta'; topic: TopicName; offset: number; data: Row[] }
  | { type: 'reset'; topic: TopicName; epoch: string; offset: number; reason: string }
  | { type: 'heartbeat'; ts: number }
  | { type: 'move'; within_s: number; gone_in_s: number }
  | { type: 'error'; id: number | null; code: string; message: string }
  | { type: 'pong'; id: number | null; ts: number }

/** What the page wants of a topic; kept by the worker through every reconnect. */
export interface Wish {
  readonly topic: TopicName
  readonly mode: Mode
  readonly instruments?: readonly string[]
  readonly interval_ms?: number
  /** Where an earlier life of this program left off; of `every` alone. */
  readonly resume?: Position
}

/** Why events of an `every` topic may not all have been heard. */
export interface Gap {
  readonly topic: TopicName
  /**
   * `hole`: an offset was passed over, and the server is asked for what lies between. `too_slow`: the server no longer
   * kept it for us. `not_resumed`: it could not go on where we left off, having started anew or kept too little.
   */
  readonly reason: 'hole' | 'too_slow' | 'not_resumed'
  /** The last position heard before it. */
  readonly after: Position
}

export type Phase = 'idle' | 'connecting' | 'live' | 'waiting' | 'stopped' | 'signed-out'

export interface LinkState {
  readonly phase: Phase
  /** Tries used since the socket was last live. */
  readonly tries: number
  readonly mostTries: number
  /** When the next try is made (ms since epoch, this machine's clock); only while waiting. */
  readonly retryAt: number | null
  /** The close code of the last loss, 0 when there was none. */
  readonly code: number
  readonly server: string
}

export interface Meters {
  readonly messages: number
  readonly messagesPerSecond: number
  readonly quotesPerSecond: number
  readonly bytesPerSecond: number
  readonly roundTripMs: number | null
}

/** Something for the page's log: a code and its parameters; the sentence is made in the page. */
export interface Note {
  readonly code: string
  readonly level: 'info' | 'warn' | 'error'
  readonly params: Readonly<Record<string, string | number>>
}

export interface TopicUpdate {
  readonly topic: TopicName
  /** True when `rows` are the whole state: replace what there was. */
  readonly isWhole: boolean
  readonly rows: readonly Row[]
}

export type ToWorker =
  | { kind: 'open'; url: string; mostTries: number }
  | { kind: 'close' }
  | { kind: 'retry' }
  | { kind: 'wish'; wish: Wish }
  | { kind: 'drop'; topic: TopicName }
  | { kind: 'visible'; isVisible: boolean }

export type FromWorker =
  | { kind: 'state'; state: LinkState }
  | { kind: 'updates'; updates: TopicUpdate[] }
  | { kind: 'meters'; meters: Meters }
  | { kind: 'note'; note: Note }
