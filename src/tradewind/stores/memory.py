"""A journal in memory: for tests, simulation and backtests. A crash is a new journal made of the durable entries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tradewind.stores.ports import Entry, Snapshot
from tradewind.stores.subjects import about

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tradewind.bus.topics import Topic
    from tradewind.kernel.clock import Clock


class MemoryJournal:
    """`stores.ports.Journal`; durable at once, or with each `commit` where `is_instant` is false."""

    def __init__(
        self, clock: Clock, *, entries: Iterable[Entry] = (), snapshot: Snapshot | None = None, is_instant: bool = True
    ) -> None:
        """Begin with what another life made durable."""
        self._clock = clock
        self._entries = list(entries)
        self._is_instant = is_instant
        self._waiting: list[tuple[int, Callable[[], None]]] = []
        self._encode = msgspec.json.Encoder().encode
        self._snapshot = snapshot
        self.durable_seq = self._entries[-1].seq if self._entries else 0
        self.failure: str | None = None

    @property
    def last_seq(self) -> int:
        """Return the newest entry appended."""
        return self._entries[-1].seq if self._entries else 0

    def append(self, topic: Topic[Any], event: object, *, actor: str = "", source: str = "line") -> int:
        """Add an event."""
        seq = self._entries[-1].seq + 1 if self._entries else 1
        payload = self._encode(event)
        actor, source, subject = about(topic.name, event, actor, source)
        self._entries.append(Entry(seq, self._clock.now_ns(), topic.name, actor, source, subject, payload))
        if self._is_instant and self.failure is None:
            self.commit()
        return seq

    def when_durable(self, seq: int, call: Callable[[], None]) -> None:
        """Call back once `seq` is durable; at once where it is."""
        if seq <= self.durable_seq and not self._waiting:
            call()
        else:
            self._waiting.append((seq, call))

    def project(self, topic: Topic[Any], event: object) -> None:
        """Nobody looks into tables here."""

    def commit(self) -> None:
        """Make all that was appended durable, and call back who waited."""
        if self.failure is not None:
            return
        if self._entries:
            self.durable_seq = self._entries[-1].seq
        while self._waiting and self._waiting[0][0] <= self.durable_seq:
            self._waiting.pop(0)[1]()

    def durable_entries(self) -> list[Entry]:
        """Return what a crash now would leave."""
        return [entry for entry in self._entries if entry.seq <= self.durable_seq]

    def read(self, after: int) -> Iterator[Entry]:
        """Yield durable entries after `after`."""
        return iter([entry for entry in self.durable_entries() if entry.seq > after])

    def latest_snapshot(self) -> Snapshot | None:
        """Return the newest snapshot."""
        return self._snapshot

    def keep_snapshot(self, snapshot: Snapshot) -> None:
        """Keep one."""
        self._snapshot = snapshot
