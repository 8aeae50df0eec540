"""What the edges may ask the execution room."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tradewind.execution.ports import AccountLink

if TYPE_CHECKING:
    from tradewind.domain.order import Order
    from tradewind.execution.alarms import ExecutionAlarm
    from tradewind.execution.book import OrderBook
    from tradewind.execution.inquiry import Inquiry
    from tradewind.execution.outbox import Outbox
    from tradewind.execution.throttle import QueueState
    from tradewind.execution.trail import Trail
    from tradewind.execution.wire import Wire


class BrokerState(msgspec.Struct, frozen=True):
    """Whether orders can go out: connected, and all that was open before is accounted for."""

    name: str
    is_connected: bool
    is_reconciled: bool
    accounts: tuple[AccountLink, ...] = ()
    """How each account stands, where the broker has a link for each."""


class ExecutionQueries:
    """Reads the room's state; every answer is a copy that stays as it is."""

    def __init__(self, *, book: OrderBook, outbox: Outbox, inquiry: Inquiry, trail: Trail, wire: Wire) -> None:
        self._book = book
        self._outbox = outbox
        self._inquiry = inquiry
        self._trail = trail
        self._wire = wire

    def order(self, client_order_id: str) -> Order | None:
        """Return the newest version of an order, `None` where none of that id is kept."""
        return self._book.get(client_order_id)

    def orders(self, account_id: str | None = None) -> tuple[Order, ...]:
        """Return all orders kept, the oldest first, of one account or of all."""
        return tuple(
            order
            for order in self._book.orders.values()
            if account_id is None or order.request.account_id == account_id
        )

    def working(self, account_id: str | None = None) -> tuple[Order, ...]:
        """Return the orders that are not over."""
        return tuple(
            order for order in self._book.live_orders() if account_id is None or order.request.account_id == account_id
        )

    def queues(self) -> tuple[QueueState, ...]:
        """Return what waits to be sent, by account."""
        return self._outbox.queues()

    def broker(self) -> BrokerState:
        """Return how the broker stands."""
        broker = self._wire.broker
        return BrokerState(broker.name, self._wire.is_connected, self._inquiry.is_settled, broker.accounts())

    def alarms(self) -> tuple[ExecutionAlarm, ...]:
        """Return the latest alarms, the oldest first."""
        return tuple(self._trail.alarms)
