"""What rooms may ask of a store, whichever it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tradewind.bus.topics import Topic


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One record of the journal: an event of a topic, or an act of somebody, at its place.

    `payload` is the event's JSON. `actor` is who caused it, `source` by which door ("api", "cli", "file", "line").
    """

    seq: int
    ts: int
    kind: str
    actor: str
    source: str
    subject: str
    payload: bytes


class Snapshot(msgspec.Struct, frozen=True):
    """The state of every room that keeps books, through entry `seq` of the journal."""

    seq: int
    parts: dict[str, bytes]


class Journal(Protocol):
    """The book of record: append-only, in order, on a hash chain; one writer alone.

    `append` never waits. What was appended counts only once it is durable: who is about to tell the world (send an
    order, answer a person) does so from `when_durable`. Entries become durable in order, in groups.
    """

    @property
    def durable_seq(self) -> int:
        """Return the newest entry that no crash can take."""
        ...

    @property
    def last_seq(self) -> int:
        """Return the newest entry appended, durable or not; 0 before the first."""
        ...

    @property
    def failure(self) -> str | None:
        """Return why nothing can be written now, `None` while all is well."""
        ...

    def append(self, topic: Topic[Any], event: object, *, actor: str = "", source: str = "line") -> int:
        """Add an event; return its seq. The payload is made now, so the event may not change afterwards."""
        ...

    def when_durable(self, seq: int, call: Callable[[], None]) -> None:
        """Call back, in order of seq and on the thread of the line, once everything up to `seq` is durable.

        A journal that fails calls nothing back: what waits is never sent, and is found again at the next start.
        """
        ...

    def project(self, topic: Topic[Any], event: object) -> None:
        """Offer the newest position or account to the tables people look into; not on record, the last one counts."""
        ...

    def read(self, after: int) -> Iterator[Entry]:
        """Yield the durable entries with seq > `after`, in order.

        Raises: CorruptJournalError: an entry does not fit the chain; nothing after it can be trusted.
        """
        ...

    def latest_snapshot(self) -> Snapshot | None:
        """Return the newest snapshot that fits the journal, `None` when there is none."""
        ...

    def keep_snapshot(self, snapshot: Snapshot) -> None:
        """Keep one; it becomes durable with the next group."""
        ...
