"""The last events of one topic, by offset: what a slow client catches up from and a returning one resumes from.

Shared by all clients, so that a client which lags costs a cursor and no queue of its own. An event is encoded once for
each form in which it is told: most topics have one, the opportunities a second for the clients of system 003.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Entry = tuple[int, Any, bytes]
"""(offset, event, its bytes in the form asked for)."""
Form = Callable[[Any], bytes]


class EventLog:
    """A ring of events, encoded when somebody first asks; the oldest go when it is full by count or by bytes."""

    __slots__ = ("_bytes", "_encode", "_encoded", "_events", "_max_bytes", "_size", "first", "has_holes", "last")

    def __init__(self, *, max_events: int, max_bytes: int, encode: Form, start: int = 0) -> None:
        """Begin after offset `start`: the first event appended gets `start + 1`; `encode` is the usual form."""
        self._size = max_events
        self._max_bytes = max_bytes
        self._encode = encode
        self._events: list[Any] = []
        self._encoded: dict[Form, list[bytes | None]] = {}
        self._bytes = 0
        self.first = 0
        """Offset of the oldest event kept; `last + 1` when there is none."""
        self.last = 0
        self.has_holes = False
        """True once an offset has been left without an event; `read` tells it as `None`."""
        self._clear(start)

    def _clear(self, last: int) -> None:
        self._events = [None] * self._size
        self._encoded = {}
        self._bytes = 0
        self.first = last + 1
        self.last = last

    def append(self, event: object) -> None:
        """Keep `event` under the next offset, letting the oldest go if the ring is full."""
        last = self.last = self.last + 1
        if last - self.first >= self._size:
            self._let_go()
        self._events[last % self._size] = event

    def restart(self) -> None:
        """Forget every event and count from nothing; whoever stands somewhere in it begins anew."""
        self._clear(0)

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

    def read(self, after: int, *, max_bytes: int, up_to: int | None = None, form: Form | None = None) -> list[Entry]:
        """Return the events later than `after` in order, at least one if there is one, about `max_bytes` in all.

        They come in `form`, the usual one unless another is asked for.

        Encoding may push the oldest over the byte bound: what is returned is always without a hole, and begins
        right after `after` as long as `holds(after)` was true.
        """
        encode = form or self._encode
        shelf = self._encoded.get(encode)
        if shelf is None:
            shelf = self._encoded[encode] = [None] * self._size
        stop = self.last if up_to is None else min(up_to, self.last)
        entries: list[Entry] = []
        total = 0
        for offset in range(after + 1, stop + 1):
            slot = offset % self._size
            event = self._events[slot]
            if event is None:
                entries.append((offset, None, b""))
                continue
            encoded = shelf[slot]
            if encoded is None:
                encoded = shelf[slot] = encode(event)
                self._make_room(offset, len(encoded))
            if entries and total + len(encoded) > max_bytes:
                break
            entries.append((offset, event, encoded))
            total += len(encoded)
        return entries

    def _make_room(self, offset: int, size: int) -> None:
        self._bytes += size
        # The one just asked for stays: a log that cannot hold what is being read would never let anyone catch up.
        while self._bytes > self._max_bytes and self.first < offset:
            self._let_go()

    def _let_go(self) -> None:
        slot = self.first % self._size
        for shelf in self._encoded.values():
            encoded = shelf[slot]
            if encoded is not None:
                self._bytes -= len(encoded)
                shelf[slot] = None
        self._events[slot] = None
        self.first += 1
