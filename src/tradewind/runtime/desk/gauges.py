"""What the order line's gauges show, read off its rooms when somebody scrapes the process."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from tradewind.domain.order import OrderStatus
from tradewind.domain.trading_state import Scope, TradingMode

if TYPE_CHECKING:
    from tradewind.kernel.metrics import Metrics
    from tradewind.runtime.desk.rooms import DeskRooms

_MODES: Final = {TradingMode.ACTIVE: 0, TradingMode.REDUCING: 1, TradingMode.HALTED: 2}


def refresh_gauges(rooms: DeskRooms, metrics: Metrics) -> None:
    """Show how many orders nobody knows the state of, by account, and which scopes are shut."""
    working = rooms.execution.queries.working()
    unknown = Counter(each.request.account_id for each in working if each.status is OrderStatus.UNKNOWN)
    for account_id in {*metrics.unknown_orders.values, *unknown}:
        metrics.unknown_orders.set(unknown[account_id], account_id)
    for state in rooms.pretrade.queries.states():
        scope = state.scope if state.scope is Scope.PLATFORM else f"{state.scope}:{state.key}"
        metrics.trading_mode.set(_MODES[state.mode], scope)
