"""How long a room apart takes for an event of each topic: one reading of the streams in so many is measured.

What is measured is the reading from its first byte to what it made the room write, shared out evenly among the events
it brought, as `bus.redis.delivery` does for the edges.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.kernel.clock import perf_ns

if TYPE_CHECKING:
    from collections.abc import Callable

EVERY: Final = 16


class ReadingTimes:
    """Counts and times the readings that are measured."""

    __slots__ = ("_begun_ns", "_counts", "_on_hop", "_room", "_until", "is_on")

    def __init__(self, room: str, on_hop: Callable[[str, str, int], None]) -> None:
        """Tell `on_hop(topic, room, ns)` of each topic that a measured reading brought events of."""
        self._room = room
        self._on_hop = on_hop
        self._until = 1
        self._begun_ns = 0
        self._counts: dict[str, int] = {}
        self.is_on = False
        """True while a reading is measured: only then its events need be counted."""

    def begin(self) -> None:
        """A reading begins."""
        self._until -= 1
        if self._until == 0:
            self._until = EVERY
            self.is_on = True
            self._begun_ns = perf_ns()

    def count(self, topic: str, events: int) -> None:
        """Note events of a topic that the room hears."""
        self._counts[topic] = self._counts.get(topic, 0) + events

    def end(self) -> None:
        """The reading is done with; one that brought nothing is not one."""
        if not self.is_on:
            return
        self.is_on = False
        if not self._counts:
            self._until = 1
            return
        each_ns = (perf_ns() - self._begun_ns) // sum(self._counts.values())
        for topic in self._counts:
            self._on_hop(topic, self._room, each_ns)
        self._counts.clear()
