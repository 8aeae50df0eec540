"""Orders that may still fill, summed up: one row for each account, product, strategy, contract and side."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.domain.charges import pro_rata
from tradewind.domain.order import Order, Side
from tradewind.domain.statistics import OrderStatistic

if TYPE_CHECKING:
    from collections.abc import Iterable

OrderKey = tuple[str, str, str, str, Side]
"""Account, product, strategy, contract, side."""
ZERO: Final = Decimal(0)


class WorkingOrder(msgspec.Struct, frozen=True):
    """What one order adds to its row, so that just that is taken away again."""

    key: OrderKey
    trading_day: int
    version: int
    quantity: int
    filled_quantity: int
    frozen_margin: Decimal


class OrderSum(msgspec.Struct):
    """The running sums of one row."""

    orders: int = 0
    quantity: int = 0
    filled_quantity: int = 0
    frozen_margin: Decimal = ZERO
    ts_event: int = 0

    def add(self, order: WorkingOrder, times: int) -> None:
        """Take an order in (1) or out (-1)."""
        self.orders += times
        self.quantity += times * order.quantity
        self.filled_quantity += times * order.filled_quantity
        self.frozen_margin += times * order.frozen_margin


class WorkingOrders:
    """All live orders, and their rows."""

    def __init__(self) -> None:
        self.orders: dict[str, WorkingOrder] = {}
        self.sums: dict[OrderKey, OrderSum] = {}
        self.over: dict[str, tuple[int, int]] = {}
        """Final orders of the day with their version and trading day: an older version must not bring one back."""
        self.ended: dict[str, int] = {}
        """Newest trading day of each account that is over."""

    def follow(self, order: Order) -> OrderKey | None:
        """Take in how far an order got; return its row, `None` where an older version changes nothing."""
        name = order.client_order_id
        known = self.orders.get(name)
        version = known.version if known is not None else self.over.get(name, (0, 0))[0]
        request = order.request
        if order.version <= version or request.trading_day <= self.ended.get(request.account_id, 0):
            return None
        key = (request.account_id, request.product_code, request.strategy, request.instrument_id, request.side)
        sums = self.sums.get(key)
        if known is None and order.is_final:
            self.over[name] = (order.version, request.trading_day)
            return None
        if sums is None:
            sums = self.sums[key] = OrderSum()
        if known is not None:
            sums.add(known, -1)
        sums.ts_event = max(sums.ts_event, order.ts_event)
        if order.is_final:
            self.over[name] = (order.version, request.trading_day)
            del self.orders[name]
        else:
            self._keep(order, key, sums)
        if not sums.orders:
            del self.sums[key]
        return key

    def _keep(self, order: Order, key: OrderKey, sums: OrderSum) -> None:
        """Take a live order in as it stands now; it holds back margin for the lots that are left."""
        quantity = order.request.quantity
        left = max(order.remaining_quantity, 0)
        held = pro_rata(order.margin, left, quantity) if left else ZERO
        kept = WorkingOrder(key, order.request.trading_day, order.version, quantity, order.filled_quantity, held)
        self.orders[order.client_order_id] = kept
        self.over.pop(order.client_order_id, None)
        sums.add(kept, 1)

    def end_day(self, account_id: str, trading_day: int) -> list[OrderKey]:
        """Let the orders of an account's ended day go: none of them lives on. Return the rows that changed."""
        self.ended[account_id] = max(trading_day, self.ended.get(account_id, 0))
        changed: dict[OrderKey, None] = {}
        for name, order in tuple(self.orders.items()):
            if order.key[0] == account_id and order.trading_day <= trading_day:
                self.sums[order.key].add(order, -1)
                del self.orders[name]
                changed[order.key] = None
        for key in changed:
            if not self.sums[key].orders:
                del self.sums[key]
        for name in [name for name, (_, day) in self.over.items() if day < trading_day]:
            del self.over[name]
        return list(changed)

    def row(self, key: OrderKey, *, version: int, ts_event: int) -> OrderStatistic:
        """Return a row as it stands; of one that is gone, with no orders."""
        sums = self.sums.get(key) or OrderSum()
        return OrderStatistic(
            *key,
            orders=sums.orders,
            quantity=sums.quantity,
            filled_quantity=sums.filled_quantity,
            remaining_quantity=sums.quantity - sums.filled_quantity,
            frozen_margin=sums.frozen_margin,
            version=version,
            ts_event=sums.ts_event or ts_event,
        )

    def keys(self) -> Iterable[OrderKey]:
        """Return the rows there are."""
        return self.sums.keys()
