"""A journal in one file: written in groups, forced to disk, torn at any byte without harm. For tests of real kills."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from tradewind.bus.topics import Topic
from tradewind.kernel.clock import Clock
from tradewind.stores.ports import Entry, Snapshot

_ENCODE = msgspec.json.Encoder().encode
_DECODE = msgspec.json.Decoder(Entry).decode


class FileJournal:
    """`stores.ports.Journal`; `before_write(group)` and `after_sync()` are where a test may end the process."""

    def __init__(
        self,
        path: Path,
        clock: Clock,
        *,
        before_write: Callable[[int, bytes], None] = lambda _file, _group: None,
        after_sync: Callable[[], None] = lambda: None,
    ) -> None:
        self._clock = clock
        self._before_write = before_write
        self._after_sync = after_sync
        self._entries = list(whole_entries(path))
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        os.ftruncate(self._file, sum(len(_ENCODE(entry)) + 1 for entry in self._entries))
        os.lseek(self._file, 0, os.SEEK_END)
        self._unwritten: list[Entry] = []
        self._waiting: list[tuple[int, Callable[[], None]]] = []
        self.durable_seq = self.last_seq = self._entries[-1].seq if self._entries else 0
        self.failure: str | None = None

    def append(self, topic: Topic[Any], event: object, *, actor: str = "", source: str = "line") -> int:
        self.last_seq += 1
        self._unwritten.append(
            Entry(self.last_seq, self._clock.now_ns(), topic.name, actor, source, "", _ENCODE(event))
        )
        return self.last_seq

    def when_durable(self, seq: int, call: Callable[[], None]) -> None:
        self._waiting.append((seq, call))

    def commit(self) -> None:
        """Write what was appended, force it to disk, call back who waited."""
        group, self._unwritten = self._unwritten, []
        if group:
            data = b"".join(_ENCODE(entry) + b"\n" for entry in group)
            self._before_write(self._file, data)
            os.write(self._file, data)
            os.fsync(self._file)
            self._after_sync()
            self.durable_seq = group[-1].seq
            self._entries += group
        while self._waiting and self._waiting[0][0] <= self.durable_seq:
            self._waiting.pop(0)[1]()

    def read(self, after: int) -> Iterator[Entry]:
        return iter([entry for entry in self._entries if entry.seq > after])

    def latest_snapshot(self) -> Snapshot | None:
        return None

    def project(self, topic: Topic[Any], event: object) -> None:
        """Keep no tables."""

    def keep_snapshot(self, snapshot: Snapshot) -> None:
        raise NotImplementedError


def whole_entries(path: Path) -> Iterator[Entry]:
    """Yield the entries that were written whole; a torn end is no entry."""
    if not path.exists():
        return
    for line in path.read_bytes().split(b"\n")[:-1]:
        yield _DECODE(line)
