"""All orders of the room as a fold over the journal: what was approved, how far each got, which fills counted.

Every change goes through here, live as at recovery: the room changes the book first and publishes then, a recovery
applies what was published. An event that came twice, or one the book made itself, changes nothing.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.domain.order import ApprovedOrder, CancelRequest, Fill, Offset, Order, OrderRequest, OrderStatus
from tradewind.domain.trading_state import Scope, TradingMode, TradingState
from tradewind.execution.order_state import fill_event, moved, react

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tradewind.execution.order_state import OrderEvent

FillKey = tuple[str, int, str, str]
_ZERO: Final = Decimal(0)


class BookState(msgspec.Struct, frozen=True):
    """The book as a snapshot keeps it."""

    orders: tuple[Order, ...]
    fills: tuple[tuple[FillKey, str], ...]
    alone: tuple[Fill, ...]
    wanted_back: tuple[str, ...]
    modes: tuple[TradingState, ...]
    unannounced: tuple[str, ...]
    forgotten: tuple[str, ...]


class OrderBook:
    """Orders by client order id, at most `max_orders`: beyond, the oldest finished ones are forgotten but their ids.

    Ids of forgotten orders and keys of fills are kept ten times as long: an old id is still no new order.
    """

    def __init__(self, *, max_orders: int) -> None:
        self._max_orders = max_orders
        self.orders: dict[str, Order] = {}
        self.fills: dict[FillKey, str] = {}
        """The order each fill was counted for, "" for a stranger's."""
        self.alone: dict[FillKey, Fill] = {}
        """Published fills of orders nobody knows."""
        self.wanted_back: dict[str, None] = {}
        """Orders somebody asked to cancel, until they are over."""
        self.modes: dict[tuple[Scope, str], TradingState] = {}
        self.unannounced: dict[str, None] = {}
        """Orders whose newest version is not published yet, as far as the journal tells."""
        self._forgotten: dict[str, None] = {}
        self._by_order_id: dict[tuple[str, str], str] = {}
        self.live: dict[str, None] = {}

    def __contains__(self, client_order_id: str) -> bool:
        return client_order_id in self.orders or client_order_id in self._forgotten

    def get(self, client_order_id: str) -> Order | None:
        """Return an order, `None` where none of that id is kept."""
        return self.orders.get(client_order_id)

    def live_orders(self) -> Iterator[Order]:
        """Yield the orders that are not over, the oldest first."""
        return (self.orders[key] for key in tuple(self.live))

    def find_by_order_id(self, instrument_id: str, order_id: str) -> Order | None:
        """Return the order an exchange calls so."""
        key = self._by_order_id.get((instrument_id.rpartition(".")[2], order_id))
        return None if key is None else self.orders.get(key)

    def approve(self, approved: ApprovedOrder, broker_ref: str = "") -> Order | None:
        """Take an approved order in, pending; `None` where the id is known: the same id is the same order."""
        request = approved.order
        if request.client_order_id in self:
            return None
        order = new_order(request, approved.margin, approved.commission, approved.ts_event)
        order = msgspec.structs.replace(order, broker_ref=broker_ref) if broker_ref else order
        self.put(order)
        return order

    def put(self, order: Order) -> None:
        """Keep a version made here; it is to be published."""
        self._keep(order)
        self.unannounced[order.client_order_id] = None

    def fill(self, fill: Fill) -> tuple[Order, OrderEvent] | None:
        """Count a fill once: its order's next version and which kind it was; `None` where it moves no order.

        One that came before its order was known is counted when it comes again after that.
        """
        key = fill.key
        if self.is_counted(key):
            return None
        self.fills[key] = fill.client_order_id
        order = self.orders.get(fill.client_order_id) or self.find_by_order_id(fill.instrument_id, fill.order_id)
        if order is None:
            self.alone[key] = fill
            return None
        self.alone.pop(key, None)
        return self._count(order, fill)

    def is_counted(self, key: FillKey) -> bool:
        """Say whether a fill is part of an order here."""
        return key in self.fills and key not in self.alone

    def alone_of(self, order: Order) -> list[Fill]:
        """Return the fills that were published for the exchange's id of an order before it was known here."""
        name = (order.request.instrument_id, order.order_id)
        return [fill for fill in self.alone.values() if (fill.instrument_id, fill.order_id) == name]

    def _count(self, order: Order, fill: Fill) -> tuple[Order, OrderEvent]:
        event = fill_event(order, fill.quantity)
        after = moved(order, react(order, event).state or "filled", ts=fill.ts_recv)
        after = msgspec.structs.replace(
            after,
            filled_quantity=order.filled_quantity + fill.quantity,
            turnover=order.turnover + fill.price * fill.quantity,
            order_id=order.order_id or fill.order_id,
        )
        self.put(after)
        return after, event

    def announced(self, order: Order) -> None:
        """Fold a published version; an older one than is known changes nothing."""
        known = self.orders.get(order.client_order_id)
        if known is None or order.version >= known.version:
            self._keep(order)
            self.unannounced.pop(order.client_order_id, None)

    def want_back(self, request: CancelRequest) -> None:
        """Note that somebody wants an order back, until it is over."""
        if request.client_order_id in self.live:
            self.wanted_back[request.client_order_id] = None

    def set_mode(self, state: TradingState) -> bool:
        """Note a scope's mode; say whether it is news."""
        known = self.modes.get((state.scope, state.key))
        if known is not None and state.version <= known.version:
            return False
        self.modes[state.scope, state.key] = state
        return True

    def mode_against(self, request: OrderRequest) -> TradingMode | None:
        """Return the mode that forbids an order: HALTED, or REDUCING for one that opens; `None` where none does."""
        if not self.modes:
            return None
        found = {state.mode for scope in _scopes(request) if (state := self.modes.get(scope)) is not None}
        if TradingMode.HALTED in found:
            return TradingMode.HALTED
        return TradingMode.REDUCING if TradingMode.REDUCING in found and request.offset is Offset.OPEN else None

    def snapshot(self) -> BookState:
        """Return all that `restore` needs."""
        return BookState(
            orders=tuple(self.orders.values()),
            fills=tuple(self.fills.items()),
            alone=tuple(self.alone.values()),
            wanted_back=tuple(self.wanted_back),
            modes=tuple(self.modes.values()),
            unannounced=tuple(self.unannounced),
            forgotten=tuple(self._forgotten),
        )

    def restore(self, state: BookState) -> None:
        """Become the book of a snapshot; what was known before is gone."""
        for known in (self.orders, self.live, self._by_order_id):
            known.clear()
        for order in state.orders:
            self._keep(order)
        self.fills = dict(state.fills)
        self.alone = {fill.key: fill for fill in state.alone}
        self.wanted_back = dict.fromkeys(state.wanted_back)
        self.modes = {(mode.scope, mode.key): mode for mode in state.modes}
        self.unannounced = dict.fromkeys(state.unannounced)
        self._forgotten = dict.fromkeys(state.forgotten)

    def _keep(self, order: Order) -> None:
        key = order.client_order_id
        before = self.orders.get(key)
        self.orders[key] = order
        if order.order_id and (before is None or before.order_id != order.order_id):
            self._by_order_id[order.request.instrument_id.rpartition(".")[2], order.order_id] = key
        if order.is_final:
            self.live.pop(key, None)
            self.wanted_back.pop(key, None)
        else:
            self.live[key] = None
        if before is None and len(self.orders) > self._max_orders:
            self._forget()

    def _forget(self) -> None:
        spare = max(1, self._max_orders // 10)
        over = [key for key in self.orders if key not in self.live and key not in self.unannounced][:spare]
        for key in over:
            order = self.orders.pop(key)
            self._by_order_id.pop((order.request.instrument_id.rpartition(".")[2], order.order_id), None)
            self._forgotten[key] = None
        for key in list(self._forgotten)[: max(0, len(self._forgotten) - 10 * self._max_orders)]:
            del self._forgotten[key]
        for fill_key in list(self.fills)[: max(0, len(self.fills) - 10 * self._max_orders)]:
            del self.fills[fill_key]
            self.alone.pop(fill_key, None)


def new_order(request: OrderRequest, margin: Decimal, commission: Decimal, ts: int) -> Order:
    """Return the first version of an order."""
    return Order(
        request=request,
        status=OrderStatus.PENDING,
        version=1,
        filled_quantity=0,
        turnover=_ZERO,
        order_id="",
        margin=margin,
        commission=commission,
        is_cancel_sent=False,
        is_cancel_unknown=False,
        reason_code="",
        reason="",
        ts_event=ts,
    )


def _scopes(request: OrderRequest) -> tuple[tuple[Scope, str], ...]:
    return (
        (Scope.PLATFORM, ""),
        (Scope.ACCOUNT, request.account_id),
        (Scope.PRODUCT, request.product_code),
        (Scope.STRATEGY, request.strategy),
        (Scope.INSTRUMENT, request.instrument_id),
    )
