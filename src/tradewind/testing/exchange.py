"""An exchange that only keeps truth: which orders reached it, how often, and what was done of each. Pure.

It matches nothing: whoever drives it says what trades. What it tells goes to `tell`, at once and in order; links that
delay, lose or repeat it stand between it and the program that is tested.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from tradewind.domain.order import OrderRequest
from tradewind.execution.ports import (
    CancelFailed,
    FillReport,
    OrderReport,
    SendFailed,
    SendOutcome,
    VenueStatus,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tradewind.execution.ports import Report


class Received(msgspec.Struct, frozen=True, tag=True):
    """Truth: an order reached the exchange, the `times`-th message with that id."""

    client_order_id: str
    times: int


class Done(msgspec.Struct, frozen=True, tag=True):
    """Truth: lots of an order were done."""

    client_order_id: str
    fill_id: str
    quantity: int


class Over(msgspec.Struct, frozen=True, tag=True):
    """Truth: an order is over at the exchange."""

    client_order_id: str
    status: VenueStatus
    filled_quantity: int


Truth = Received | Done | Over


class VenueOrder:
    """An order as the exchange has it."""

    __slots__ = ("filled", "order_id", "request", "status")

    def __init__(self, request: OrderRequest, order_id: str) -> None:
        self.request = request
        self.order_id = order_id
        self.filled = 0
        self.status = VenueStatus.LIVE

    def report(self, ts: int) -> OrderReport:
        """Describe it."""
        request = self.request
        return OrderReport(
            account_id=request.account_id,
            client_order_id=request.client_order_id,
            order_id=self.order_id,
            instrument_id=request.instrument_id,
            side=request.side,
            offset=request.offset,
            quantity=request.quantity,
            price=request.price,
            status=self.status,
            filled_quantity=self.filled,
            trading_day=request.trading_day,
            ts_event=ts,
        )


class SimulatedVenue:
    """Takes orders, counts every message, and does with them what it is told; `record` hears the truth first."""

    def __init__(self, *, record: Callable[[Truth], None], tell: Callable[[Report], None]) -> None:
        self._record = record
        self.tell = tell
        self.received: dict[str, int] = {}
        self.orders: dict[str, VenueOrder] = {}
        self.fills: list[FillReport] = []

    def receive(self, request: OrderRequest, ts: int, *, is_refused: bool = False) -> None:
        """Take an order in, or refuse it; one that was received before is counted and refused."""
        key = request.client_order_id
        times = self.received[key] = self.received.get(key, 0) + 1
        self._record(Received(key, times))
        if times > 1:
            self.tell(SendFailed(key, SendOutcome.REFUSED, "duplicate", "received before", ts))
            return
        order = self.orders[key] = VenueOrder(request, f"V{len(self.orders) + 1}")
        if is_refused:
            self._end(order, VenueStatus.REJECTED, ts)
        else:
            self.tell(order.report(ts))

    def take_back(self, client_order_id: str, ts: int) -> None:
        """Cancel an order that stands; say no to any other."""
        order = self.orders.get(client_order_id)
        if order is None or order.status is not VenueStatus.LIVE:
            code = "unknown" if order is None else "over"
            self.tell(CancelFailed(client_order_id, SendOutcome.REFUSED, code, "nothing to cancel", ts))
            return
        self._end(order, VenueStatus.CANCELLED, ts)

    def trade(self, client_order_id: str, quantity: int, price: Decimal, ts: int) -> None:
        """Do lots of an order that stands, at most what remains."""
        order = self.orders[client_order_id]
        quantity = min(quantity, order.request.quantity - order.filled)
        if order.status is not VenueStatus.LIVE or quantity < 1:
            return
        order.filled += quantity
        fill = self._fill(order, quantity, price, ts)
        self.fills.append(fill)
        self._record(Done(client_order_id, fill.fill_id, quantity))
        self.tell(fill)
        if order.filled == order.request.quantity:
            self._end(order, VenueStatus.FILLED, ts)
        else:
            self.tell(order.report(ts))

    def standing(self) -> Iterator[VenueOrder]:
        """Yield the orders that stand, the oldest first."""
        return (order for order in self.orders.values() if order.status is VenueStatus.LIVE)

    def all_orders(self, ts: int) -> tuple[OrderReport, ...]:
        """Return what a query shows of orders now."""
        return tuple(order.report(ts) for order in self.orders.values())

    def _end(self, order: VenueOrder, status: VenueStatus, ts: int) -> None:
        order.status = status
        self._record(Over(order.request.client_order_id, status, order.filled))
        self.tell(order.report(ts))

    def _fill(self, order: VenueOrder, quantity: int, price: Decimal, ts: int) -> FillReport:
        request = order.request
        return FillReport(
            account_id=request.account_id,
            client_order_id=request.client_order_id,
            order_id=order.order_id,
            fill_id=f"T{len(self.fills) + 1}",
            instrument_id=request.instrument_id,
            side=request.side,
            offset=request.offset,
            quantity=quantity,
            price=price,
            trading_day=request.trading_day,
            ts_event=ts,
        )
