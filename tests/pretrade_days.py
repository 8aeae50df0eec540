"""Trading days at random: orders, cancels, fills and a ledger that tells late, for properties of the gate."""

from __future__ import annotations

from collections import deque
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from pretrade_harness import INDEX, NEXT_INDEX, GateDesk, limit, make_fill
from tradewind.domain.account import Direction
from tradewind.domain.order import ApprovedOrder, Offset, OrderRequest, OrderStatus, Side, TimeInForce
from tradewind.domain.trading_state import Scope

MAX_NET, MAX_GROSS = 6, 9
_LIMITS = (
    limit(Scope.ACCOUNT, "A1", max_net_position=MAX_NET, max_gross_position=MAX_GROSS),
    limit(Scope.STRATEGY, "S1", max_net_position=3),
    limit(Scope.INSTRUMENT, orders_per_second=1_000),
)

STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ("ask", "ask", "ask", "accept", "fill", "fill", "finish", "cancel", "cancelled", "tell", "time")
        ),
        st.integers(0, 1_000),
    ),
    max_size=60,
)
"""What happens, and a number that picks to whom; every list is a day."""


class Day:
    """Plays steps on a desk; `held` is what was really filled, whoever knows it."""

    def __init__(self) -> None:
        self.desk = GateDesk(*_LIMITS, duplicates=1_000, stale_after_s=86_400.0).open_for_business()
        self.live: list[OrderRequest] = []
        self.filled: dict[str, int] = {}
        self.held: dict[tuple[str, str, str, Direction], int] = {}
        self.untold: deque[tuple[tuple[str, str, str, Direction], int]] = deque()
        self._seconds = 1.0

    def play(self, steps: list[tuple[str, int]]) -> Day:
        """Do all steps."""
        for what, number in steps:
            self.step(what, number)
        return self

    def step(self, what: str, number: int) -> None:
        """Do one."""
        if what == "ask":
            self._ask(number)
        elif what == "time":
            self._seconds += number / 100
            self.desk.at(self._seconds)
        elif what == "tell":
            self._tell()
        elif self.live:
            getattr(self, f"_{what}")(self.live[number % len(self.live)], number)

    def _ask(self, number: int) -> None:
        side = (Side.BUY, Side.SELL)[number % 2]
        changes: dict[str, Any] = {
            "account_id": ("A1", "A1", "A2")[number % 3],
            "instrument_id": (INDEX, INDEX, NEXT_INDEX)[number // 2 % 3],
            "side": side,
            "price": Decimal("5229.0") if side is Side.BUY else Decimal("5231.0"),
            "quantity": 1 + number % 4,
            "offset": (Offset.OPEN, Offset.OPEN, Offset.CLOSE)[number // 5 % 3],
            "strategy": ("", "S1", "S2")[number // 7 % 3],
            "time_in_force": (TimeInForce.DAY, TimeInForce.DAY, TimeInForce.FAK)[number // 11 % 3],
        }
        decision = self.desk.ask(**changes)
        if isinstance(decision, ApprovedOrder):
            self.live.append(decision.order)

    def _accept(self, request: OrderRequest, _number: int) -> None:
        self.desk.order(request, OrderStatus.ACCEPTED, self.filled.get(request.client_order_id, 0))

    def _fill(self, request: OrderRequest, number: int) -> None:
        done = self.filled.get(request.client_order_id, 0)
        lots = 1 + number % (request.quantity - done)
        done += lots
        self.filled[request.client_order_id] = done
        fill = make_fill(request, f"f{self.desk._next('fills')}", lots)
        status = OrderStatus.FILLED if done == request.quantity else OrderStatus.PARTIAL
        words = [lambda: self.desk.order(request, status, done), lambda: self.desk.publish("fills", fill)]
        for say in words if number % 2 else reversed(words):
            say()
        if status is OrderStatus.FILLED:
            self.live.remove(request)
        is_opening = request.offset is Offset.OPEN
        is_long = (request.side is Side.BUY) is is_opening
        direction = Direction.LONG if is_long else Direction.SHORT
        for book in {"", f"/{request.strategy}" if request.strategy else ""}:
            key = (request.account_id, book, request.instrument_id, direction)
            change = lots if is_opening else -lots
            self.held[key] = self.held.get(key, 0) + change
            self.untold.append((key, self.held[key]))

    def _finish(self, request: OrderRequest, _number: int) -> None:
        self.desk.order(request, OrderStatus.REJECTED, self.filled.get(request.client_order_id, 0))
        self.live.remove(request)

    def _cancel(self, request: OrderRequest, _number: int) -> None:
        self.desk.cancel(request)

    def _cancelled(self, request: OrderRequest, _number: int) -> None:
        self.desk.order(request, OrderStatus.CANCELLED, self.filled.get(request.client_order_id, 0))
        self.live.remove(request)

    def _tell(self) -> None:
        """Let the ledger tell the oldest thing it has not told."""
        if self.untold:
            (account, book, instrument_id, direction), lots = self.untold.popleft()
            self.desk.position(
                account_id=account, book=book, instrument_id=instrument_id, direction=direction, today=lots
            )
