// Builders for tests: a whole value with the fields that matter changed.

import type { Bar, Instrument, Opportunity, Tick } from '../src/api/types'

export function makeInstrument(changes: Partial<Instrument> = {}): Instrument {
  return {
    instrument_id: 'au2604.SHFE',
    symbol: 'au2604',
    exchange: 'SHFE',
    product_id: 'au',
    name: '沪金2604',
    contract_multiplier: 1000,
    price_tick: 0.02,
    price_digits: 2,
    hours_id: '',
    ...changes,
  }
}

export function makeTick(changes: Partial<Tick> = {}): Tick {
  return {
    instrument_id: 'au2512.SHFE', seq: 1, ts_event: 1_700_000_000_000_000_000, ts_recv: 1_700_000_000_000_000_000,
    trading_day: 20_231_115, last_price: 450, volume: 100, turnover: 45_000_000, open_interest: 1000,
    bid_price: 449.98, bid_volume: 3, ask_price: 450.02, ask_volume: 4, open_price: 449, high_price: 451, low_price: 448,
    pre_settlement_price: 448, pre_close_price: 447, pre_open_interest: 900, limit_up: 480, limit_down: 420,
    settlement_price: null, depth: null, volume_delta: 1, turnover_delta: 450_000, ...changes,
  }
}

export function makeBar(changes: Partial<Bar> = {}): Bar {
  return {
    instrument_id: 'au2512.SHFE', interval_s: 60, ts_open: 60_000_000_000, ts_close: 120_000_000_000,
    trading_day: 20_231_115, open: 1, high: 3, low: 0.5, close: 2, volume: 10, turnover: 20, open_interest: 1, ...changes,
  }
}

export function makeOpportunity(changes: Partial<Opportunity> = {}): Opportunity {
  return {
    opportunity_id: 'o1', instrument_id: 'au2512.SHFE', side: 'buy', state: 'NEW', version: 1, confidence: 0.5,
    strength: 50, last_price: 450, entry_price: 450, created_at: 1, updated_at: 1, expires_at: 9, reasons: [],
    contributions: [], ...changes,
  }
}
