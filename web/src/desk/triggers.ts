// Triggers on record have the column names of the older system; here they become what the desk itself tells.

import { text } from './records'
import type { RecordRow, Trigger } from './types'

export function pastTrigger(row: RecordRow): Trigger {
  const ns = Date.parse(text(row, 'trigger_time')) * 1e6
  return {
    trigger_id: text(row, 'trigger_id') || `record ${text(row, 'id')}`,
    strategy: text(row, 'strategy_name'),
    instrument_id: text(row, 'instrument_id'),
    condition: text(row, 'trigger_condition'),
    price: row['trigger_price'] === null ? null : text(row, 'trigger_price'),
    action: text(row, 'action_type'),
    result: text(row, 'execution_result'),
    version: Number(row['version'] ?? 0),
    order_id: text(row, 'order_id'),
    error: text(row, 'error_message'),
    ts_event: ns,
    updated_at: ns,
    cause: text(row, 'cause'),
  }
}
