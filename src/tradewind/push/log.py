"""The last events of one topic, by offset: what a slow client catches up from and a returning one resumes from.

Shared by all clients, so that a client which lags costs a cursor and no queue of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Entry = tuple[int, Any, bytes]
"""(offset, event, its JSON)."""


class EventLog:
    """A ring of events, encoded when somebody first asks; the oldest go when it is full by count or by bytes."""

    __slots__ = ("_bytes", "_encode", "_encoded", "_events", "_max_bytes", "_size", "first", "has_holes", "last")

    def __init__(self, *, max_events: int, max_bytes: int, encode: Callable[[Any], bytes], start: int = 0) -> None:
        """Begin after offset `start`: the first event appended gets `start + 1`."""
        self._size = max_events
        self._max_bytes = max_bytes
        self._encode = encode
        self._events: list[Any] = []
        self._encoded: list[bytes | None] = []
        self._bytes = 0
        self.first = 0
        """Offset of the oldest event kept; `last + 1` when there is none."""
        self.last = 0
        self.has_holes = False
        """True once an offset has been left without an event; `read` tells it as `None`."""
        self._clear(start)

    def _clear(self, last: int) -> None:
        self._events = [None] * self._size
        self._encoded = [None] * self._size
        self._bytes = 0
        self.first = last + 1
        self.last = last

    def append(self, event: object) -> None:
        """Keep `event` under the next offset, letting the oldest go if the ring is full."""
        last = self.last = self.last + 1
        if last - self.first >= self._size:
            self._let_go()
        self._events[last % self._size] = event

    def skip_to(self, last: int) -> None:
        """Leave the offsets up to `last` without events: entries that others count too and nobody can hear."""
        gap = last - self.last
        if gap >= self._size or self.first > self.last:
            self._clear(last)
            return
        for _ in range(gap):
            self.append(None)
            self.has_holes = True

    def holds(self, after: int) -> bool:
        """Say whether every event later than offset `after` is still here."""
        return self.first - 1 <= after <= self.last

    def read(self, after: int, *, max_bytes: int, up_to: int | None = None) -> list[Entry]:
        """Return the events later than `after` in order, at least one if there is one, about `max_bytes` in all.

        Encoding may push the oldest over the byte bound: what is returned is always without a hole, and begins
        right after `after` as long as `holds(after)` was true.
        """
        stop = self.last if up_to is None else min(up_to, self.last)
        entries: list[Entry] = []
        total = 0
        for offset in range(after + 1, stop + 1):
            slot = offset % self._size
            event = self._events[slot]
            if event is None:
                entries.append((offset, None, b""))
                continue
            encoded = self._encoded[slot]
            if encoded is None:
                encoded = self._encode(event)
                self._remember(offset, encoded)
            if entries and total + len(encoded) > max_bytes:
                break
            entries.append((offset, event, encoded))
            total += len(encoded)
        return entries

    def _remember(self, offset: int, encoded: bytes) -> None:
        self._encoded[offset % self._size] = encoded
        self._bytes += len(encoded)
        # The one just asked for stays: a log that cannot hold what is being read would never let anyone catch up.
        while self._bytes > self._max_bytes and self.first < offset:
            self._let_go()

    def _let_go(self) -> None:
        slot = self.first % self._size
        encoded = self._encoded[slot]
        if encoded is not None:
            self._bytes -= len(encoded)
            self._encoded[slot] = None
        self._events[slot] = None
        self.first += 1
