"""One contract on paper: which of our orders are done at a tick, at what price, for how many lots.

An order that arrives takes what the book shows, each lot shown once between two ticks. What remains stands behind the
lots shown at its price; they go as lots trade there. It is done when the price trades through it, when the opposite
side comes to it, or when its turn in the queue has come. Never for more lots than were shown or traded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind.domain.order import Side, TimeInForce
from tradewind.domain.tick import TickFlag
from tradewind.execution.brokers.paper.displayed import has_book, is_within, lots_ahead, most_ahead, to_take

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.domain.tick import Tick
    from tradewind.execution.brokers.paper.order import PaperOrder

    Done = Callable[[PaperOrder, float, int], None]
    """Called with (order, price, lots) for each piece that is done; it may take orders out or put some in."""


class PaperBook:
    """Our standing orders in one contract, the oldest first, and the newest tick."""

    def __init__(self, on_done: Done) -> None:
        self._on_done = on_done
        self.orders: list[PaperOrder] = []
        self.tick: Tick | None = None
        self._taken: dict[tuple[Side, float], int] = {}

    def add(self, order: PaperOrder) -> None:
        """Let an order stand; one that came before the book or in an auction meets the next tick."""
        self.orders.append(order)

    def remove(self, order: PaperOrder) -> None:
        """Take one out."""
        if order in self.orders:
            self.orders.remove(order)

    def arrive(self, order: PaperOrder) -> None:
        """Let a new order take what the book shows, within its limit; all or nothing for FOK."""
        tick = self.tick
        if tick is None:
            return
        order.is_fresh = False
        side = order.request.side
        pieces = self._pieces(order, tick)
        is_whole = sum(lots for _, lots in pieces) == order.remaining
        if order.request.time_in_force is TimeInForce.FOK and not is_whole:
            return
        for price, lots in pieces:
            self._taken[side, price] = self._taken.get((side, price), 0) + lots
        for price, lots in pieces:
            self._on_done(order, price, lots)
        if order.remaining and order.price is not None:
            order.ahead = lots_ahead(tick, side, order.price)

    def on_tick(self, tick: Tick) -> None:
        """Match all standing orders against a new tick."""
        self.tick = tick
        self._taken.clear()
        is_auction = bool(tick.flags & TickFlag.AUCTION)
        traded = {Side.BUY: tick.volume_delta, Side.SELL: tick.volume_delta}
        for order in tuple(self.orders):
            if order.price is None:
                continue
            if is_auction:
                self._at_auction(order, order.price, tick, traded)
            elif order.is_fresh:
                self.arrive(order)
            else:
                self._at_tick(order, order.price, tick, traded)

    def _pieces(self, order: PaperOrder, tick: Tick) -> list[tuple[float, int]]:
        """Return (price, lots) of what is shown within the order's limit and not taken yet."""
        side, pieces, left = order.request.side, [], order.remaining
        for price, lots in to_take(tick, side):
            if left == 0 or not is_within(price, order.price, side):
                break
            free = min(left, lots - self._taken.get((side, price), 0))
            if free > 0:
                pieces.append((price, free))
                left -= free
        return pieces

    def _at_auction(self, order: PaperOrder, price: float, tick: Tick, traded: dict[Side, int]) -> None:
        """One price for all: the better orders whole, those at the price as far as lots traded. The rest stands."""
        side = order.request.side
        order.is_fresh = False
        order.ahead = lots_ahead(tick, side, price)
        if not is_within(tick.last_price, price, side):
            return
        lots = order.remaining if price != tick.last_price else min(order.remaining, traded[side])
        traded[side] = max(0, traded[side] - lots)
        if lots > 0:
            self._on_done(order, tick.last_price, lots)

    def _at_tick(self, order: PaperOrder, price: float, tick: Tick, traded: dict[Side, int]) -> None:
        side, last = order.request.side, tick.last_price
        if last == price:
            behind = max(0, traded[side] - order.ahead)
            order.ahead = max(0, order.ahead - traded[side])
            lots = min(order.remaining, behind)
        elif is_within(last, price, side):
            lots = min(order.remaining, traded[side])
            order.ahead = 0
        else:
            lots = 0
        if lots > 0:
            traded[side] -= lots
            self._on_done(order, price, lots)
        self._come_to(order, price, tick)
        order.ahead = most_ahead(tick, side, price, order.ahead)

    def _come_to(self, order: PaperOrder, price: float, tick: Tick) -> None:
        """The opposite side shows lots at our price or better: they came to us, at our price."""
        if not has_book(tick):
            return
        side = order.request.side
        for level, lots in to_take(tick, side):
            free = min(order.remaining, lots - self._taken.get((side, level), 0))
            if free <= 0 or not is_within(level, price, side):
                return
            self._taken[side, level] = self._taken.get((side, level), 0) + free
            self._on_done(order, price, free)
