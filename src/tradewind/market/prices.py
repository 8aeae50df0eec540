"""One contract's price grid: rounds to the tick, knows the day's limits, and remembers what it has judged.

Almost every price of a tick has been seen before, so the judgement of a price is a look-up in a dict: a hit is a
good price inside the limits, and its rounded value. Only a price seen for the first time costs arithmetic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.market.reasons import RejectReason

if TYPE_CHECKING:
    from tradewind.domain.instrument import Instrument

_INFINITY: Final = float("inf")
_ON_TICK: Final = 0.01
"""How far, in ticks, a price may lie from the grid and still be meant to lie on it."""
_FEWEST_DIGITS: Final = 4
_NEIGHBOURS: Final = 8


class PriceGrid:
    """Judges and rounds prices; `memo` maps raw prices that were found good, and `None`, to their rounded values.

    `memo` is bounded: when it holds `memo_size` prices or a few more it is emptied, which costs each price one more
    judgement.
    A price off the tick is kept as printed and counted (`off_tick`): then our tick is out of date (au had 0.05
    until 2019), and moving the price would falsify a trade that took place.
    """

    __slots__ = (
        "_digits",
        "_high",
        "_low",
        "_max_price",
        "_memo_size",
        "_tick",
        "generation",
        "has_limits",
        "memo",
        "off_tick",
    )

    def __init__(self, instrument: Instrument, *, max_price: float, memo_size: int) -> None:
        """Start without limits."""
        self._tick = instrument.price_tick
        self._digits = instrument.price_digits
        self._max_price = max_price
        self._memo_size = memo_size
        self._low = 0.0
        self._high = _INFINITY
        self.has_limits = False
        self.memo: dict[float | None, float | None] = {None: None}
        self.off_tick = 0
        self.generation = 0
        """How often the memo was emptied: who keeps judgements of his own must give them up then."""

    def set_limits(self, low: float | None, high: float | None) -> None:
        """Judge by these limits from now on; one side may be open."""
        bounds = (0.0 if low is None else low, _INFINITY if high is None else high)
        if bounds != (self._low, self._high):
            self._low, self._high = bounds
            self.has_limits = low is not None and high is not None
            self._forget()

    def judge(self, price: float) -> RejectReason | None:
        """Say what is wrong with a price, or `None` when it is good; good ones are remembered."""
        rounded = self.plain(price)
        if rounded is None:
            return RejectReason.ABSURD_PRICE
        if not self._low <= rounded <= self._high:
            return RejectReason.OUTSIDE_LIMITS
        if len(self.memo) >= self._memo_size:
            self._forget()
        self._remember_around(rounded)
        self.memo[price] = rounded
        return None

    def good(self, price: float | None) -> float | None:
        """Return the rounded price, or `None` where it is absent, absurd or outside the limits."""
        if price in self.memo or (price is not None and self.judge(price) is None):
            return self.memo[price]
        return None

    def plain(self, price: float | None) -> float | None:
        """Return the rounded price whatever the limits, or `None` where it is absent or absurd."""
        if price is None or not 0.0 < price < self._max_price:
            return None
        rounded = round(round(price / self._tick) * self._tick, self._digits)
        if abs(price - rounded) <= self._tick * _ON_TICK:
            return rounded if rounded > 0.0 else None
        self.off_tick += 1
        return round(price, max(self._digits, _FEWEST_DIGITS)) or None

    def _remember_around(self, rounded: float) -> None:
        """Judge the neighbours too while at it: the market will be there next."""
        tick, digits, memo = self._tick, self._digits, self.memo
        middle = round(rounded / tick)
        for step in range(middle - _NEIGHBOURS, middle + _NEIGHBOURS + 1):
            neighbour = round(step * tick, digits)
            if 0.0 < neighbour < self._max_price and self._low <= neighbour <= self._high:
                memo[neighbour] = neighbour

    def _forget(self) -> None:
        self.generation += 1
        self.memo.clear()
        self.memo[None] = None
