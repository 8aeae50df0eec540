"""What the risk room remembers of one instrument from tick to tick."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from tradewind.domain.tick import Tick

INFINITE: Final = float("inf")


class Band(NamedTuple):
    """Prices strictly between which a watch has nothing to say."""

    low: float
    high: float

    def within(self, other: Band) -> Band:
        """Return the band in which neither has anything to say."""
        return Band(max(self.low, other.low), min(self.high, other.high))


ANY_PRICE: Final = Band(-INFINITE, INFINITE)
EVERY_TICK: Final = Band(INFINITE, -INFINITE)
"""No price lies in it: the watch wants to see the next tick, whatever it is."""


def between(one: float, other: float) -> Band:
    """Return the band between two prices given in any order."""
    return Band(one, other) if one < other else Band(other, one)


class Track:
    """The last tick, and the limits and the band that were true when it was last looked at closely."""

    __slots__ = ("high", "last", "limit_down", "limit_up", "limits", "low", "seq")

    def __init__(self, tick: Tick) -> None:
        self.seq = tick.seq
        self.last = tick
        self.limit_up: float | None = None
        self.limit_down: float | None = None
        self.low, self.high = EVERY_TICK
        self.limits = EVERY_TICK
        """The band in which the day's limits are no news; of those two that `low` and `high` are the overlap of."""

    def look_closely(self) -> None:
        """Send the next tick past every watch."""
        self.low, self.high = EVERY_TICK
