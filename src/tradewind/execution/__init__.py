"""Carries approved orders to a broker and back: journal first, then send; what is not known is asked, never resent.

Reads `approved_orders`, `cancel_requests`, `trading_states`, its own `orders` (to know that the journal has them), and
`clean_ticks` where the broker is on paper. Writes `orders`, `fills`.
Main types: `ExecutionService` (the shell), `OrderBook` (the fold), `ports.Broker` (what an adapter must be).
"""

from __future__ import annotations

from tradewind.execution.alarms import AlarmKind, ExecutionAlarm
from tradewind.execution.queries import BrokerState, ExecutionQueries
from tradewind.execution.service import ExecutionService
from tradewind.execution.settings import ExecutionSettings

__all__ = ["AlarmKind", "BrokerState", "ExecutionAlarm", "ExecutionQueries", "ExecutionService", "ExecutionSettings"]
