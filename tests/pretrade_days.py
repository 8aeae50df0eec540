"""Trading days at random: orders, cancels, fills and a ledger that tells late, for properties of the gate."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from pretrade_harness import INDEX, NEXT_INDEX, GateDesk, limit, make_fill
from tradewind.domain.account import Direction
from tradewind.domain.order import ApprovedOrder, Fill, Offset, OrderRequest, OrderStatus, Side, TimeInForce
from tradewind.domain.trading_state import Scope

MAX_NET, MAX_GROSS = 4, 6
_LIMITS = (
    limit(Scope.ACCOUNT, "A1", max_net_position=MAX_NET, max_gross_position=MAX_GROSS),
    limit(Scope.PLATFORM, "", max_gross_position=1_000),
    limit(Scope.STRATEGY, "S1", max_net_position=3),
    limit(Scope.INSTRUMENT, orders_per_second=1_000),
)

STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            (
                "ask",
                "ask",
                "ask",
                "ask",
                "accept",
                "fill",
                "fill",
                "fill",
                "finish",
                "cancel",
                "cancelled",
                "hear",
                "tell",
                "time",
            )
        ),
        st.integers(0, 100_000),
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
        self.known: dict[tuple[str, str, str, Direction], int] = {}
        """What the ledger has heard of."""
        self.unheard: deque[Fill] = deque()
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
        elif what == "hear":
            self._hear()
        elif what == "tell":
            self._tell()
        elif self.live:
            getattr(self, f"_{what}")(self.live[number % len(self.live)], number)

    def _ask(self, number: int) -> None:
        def pick(*choices: Any) -> Any:
            nonlocal number
            number, index = divmod(number, len(choices))
            return choices[index]

        side = pick(Side.BUY, Side.SELL)
        changes: dict[str, Any] = {
            "side": side,
            "price": Decimal("5229.0") if side is Side.BUY else Decimal("5231.0"),
            "quantity": 1 + pick(0, 1, 2, 3),
            "offset": pick(Offset.OPEN, Offset.OPEN, Offset.CLOSE),
            "instrument_id": pick(INDEX, INDEX, INDEX, NEXT_INDEX),
            "account_id": pick("A1", "A1", "A1", "A2"),
            "strategy": pick("", "S1", "S2"),
            "time_in_force": pick(TimeInForce.DAY, TimeInForce.DAY, TimeInForce.FAK),
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
        if number % 3:
            self.unheard.append(fill)
            self.desk.order(request, status, done)
        else:
            self.unheard.append(fill)
            while self.unheard:
                self._hear()
            self.desk.order(request, status, done)
        if status is OrderStatus.FILLED:
            self.live.remove(request)
        for key, change in _moved(fill):
            self.held[key] = self.held.get(key, 0) + change

    def _hear(self) -> None:
        """Let the oldest fill that nobody has heard of be heard, by the gate and the ledger."""
        if self.unheard:
            fill = self.unheard.popleft()
            self.desk.publish("fills", fill)
            for key, change in _moved(fill):
                self.known[key] = self.known.get(key, 0) + change
                self.untold.append((key, self.known[key]))

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


def _moved(fill: Fill) -> Iterator[tuple[tuple[str, str, str, Direction], int]]:
    is_opening = fill.offset is Offset.OPEN
    direction = Direction.LONG if (fill.side is Side.BUY) is is_opening else Direction.SHORT
    for book in ("", f"/{fill.strategy}") if fill.strategy else ("",):
        yield (fill.account_id, book, fill.instrument_id, direction), fill.quantity if is_opening else -fill.quantity
