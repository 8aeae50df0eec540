"""When what a room hears was where: Redis stamps every entry anyway, the room one reading of all its streams.

So a signal can say how long its tick and its features were on their way without anything being done for each tick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from tradewind.bus.line_order import due_of
from tradewind.kernel.clock import NS_PER_MS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.bus.line_order import LineKey
    from tradewind.domain.signal import Signal


class Passage:
    """The stamps of what is being handled."""

    __slots__ = ("_features_ms", "_read_ns", "_wall_ns")

    def __init__(self, wall_ns: Callable[[], int]) -> None:
        self._wall_ns = wall_ns
        self._features_ms = 0
        self._read_ns = 0

    def read(self) -> None:
        """Note that what is handled from here on has just been read."""
        self._read_ns = self._wall_ns()

    def features_came(self, entry: tuple[int, int]) -> None:
        """Note the newest entry of features in what was read; what stands in the same reading counts as that late."""
        self._features_ms = entry[0]

    def noted(self, signal: Signal, place: LineKey) -> Signal:
        """Return a signal that carries the times of its way with those of the bus.

        A signal's place begins with that of its tick. Of one that a timer led to only the reading is told.
        """
        times = signal.times
        if times is None:
            return signal
        if not place or due_of(place) is not None:
            return replace(signal, times=replace(times, ts_heard=self._read_ns))
        told_ms = place[0]
        features_ms = self._features_ms if self._features_ms >= told_ms else 0
        return replace(
            signal,
            times=replace(
                times, ts_told=told_ms * NS_PER_MS, ts_features=features_ms * NS_PER_MS, ts_heard=self._read_ns
            ),
        )
