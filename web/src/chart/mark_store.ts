// The marks of one instrument: signals of the line, the account's own fills and triggers, each with its why. Loaded
// when somebody first wants them; signals that come later join by themselves.

import '../i18n/desk'
import { get } from '../api/client'
import type { Side, Signal } from '../api/types'
import { may } from '../app/rights'
import type { Trigger } from '../desk/types'
import { clock } from '../format/times'
import { t, tCode } from '../i18n'
import { nameOf, sayReason } from '../i18n/reasons'
import { signals } from '../state/market'
import { signalMark, type Mark, type MarkKind } from './marks'

/** A row of the record of trades; its time as text. */
interface TradeRow {
  readonly trade_id: string
  readonly direction: string
  readonly position_offset: string | null
  readonly volume: number
  readonly price: number | string
  readonly trade_time: string
  readonly strategy: string | null
}

const MOST = 300

export class MarkStore {
  private fixed: readonly Mark[] = []
  private loaded: readonly Signal[] = []

  constructor(readonly instrumentId: string) {}

  /** Everything known of these kinds, in no order. */
  all(kinds: ReadonlySet<MarkKind>): Mark[] {
    const known = new Map<string, Mark>()
    const mine = [...this.loaded, ...signals.items.value].filter((signal) => signal.instrument_id === this.instrumentId)
    for (const signal of mine) known.set(signal.signal_id, signalMark(signal, saySignal(signal)))
    return [...known.values(), ...this.fixed].filter((mark) => kinds.has(mark.kind))
  }

  /** Reads what the server remembers. What it refuses or has not is simply not drawn. */
  async load(): Promise<void> {
    const id = encodeURIComponent(this.instrumentId)
    const isDesk = may('view')
    const [told, fills, triggers] = await Promise.all([
      get<Signal[]>(`/api/v1/signals?instrument=${id}&limit=${MOST}`).catch(() => []),
      isDesk ? this.trades() : [],
      isDesk ? get<Trigger[]>('/api/v1/triggers').catch(() => []) : [],
    ])
    this.loaded = told
    this.fixed = [...fills.map(fillMark), ...triggers.filter((x) => x.instrument_id === this.instrumentId).map(triggerMark)]
  }

  private async trades(): Promise<readonly TradeRow[]> {
    const where = JSON.stringify([{ column: 'instrument_id', test: 'is', value: this.instrumentId }])
    const page = await get<{ rows: TradeRow[] }>(`/api/v1/records/trades?limit=${MOST}&where=${encodeURIComponent(where)}`).catch(() => ({ rows: [] }))
    return page.rows
  }
}

function saySignal(signal: Signal): string {
  const why = (signal.reasons ?? []).map((reason) => sayReason(reason, signal.instrument_id)).join(t('join.sentences'))
  return `${clock(signal.ts_event / 1e6)} ${nameOf(signal.strategy)} ${t(`side.${signal.side}`)} ${Math.round(signal.confidence * 100)}%${why === '' ? '' : ` · ${why}`}`
}

function fillMark(row: TradeRow): Mark {
  const side: Side = row.direction === 'sell' ? 'sell' : 'buy'
  const ms = Date.parse(row.trade_time)
  const what = `${t(`desk.side.${side}`)} ${tCode('desk.offset', row.position_offset ?? '', undefined, '')}`.trim()
  const by = row.strategy === null || row.strategy === '' ? '' : ` · ${nameOf(row.strategy)}`
  return { kind: 'fill', id: row.trade_id, ms, side, price: Number(row.price), text: `${clock(ms)} ${what} ${row.volume} @ ${Number(row.price)}${by}` }
}

function triggerMark(trigger: Trigger): Mark {
  const ms = trigger.ts_event / 1e6
  const price = trigger.price === null ? null : Number(trigger.price)
  const result = trigger.error === '' ? tCode('trigger.result', trigger.result) : trigger.error
  return { kind: 'trigger', id: trigger.trigger_id, ms, side: null, price, text: `${clock(ms)} ${nameOf(trigger.strategy)} · ${trigger.condition} → ${trigger.action} · ${result}` }
}
