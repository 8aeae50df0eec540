"""A journal's table as the audit reads it: as it stands, nothing believed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import delete, func, insert, select

from tradewind.stores.sql.reading import fetch, hash_at, head
from tradewind.stores.sql.record_tables import ANCHORS, JOURNAL
from tradewind.stores.sql.transactions import in_reading, in_transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.engine import Connection

    from tradewind.stores.sql.store import SqlStore


class Noted(Protocol):
    """What of an anchor is kept: `audit.ports.Anchor`, which no store may import."""

    @property
    def chain(self) -> str:
        """Return the chain's name."""
        ...

    @property
    def seq(self) -> int:
        """Return the entry's number."""
        ...

    @property
    def hash(self) -> str:
        """Return the entry's hash in hexadecimal."""
        ...

    @property
    def ts(self) -> int:
        """Return when, in ns UTC."""
        ...


class SqlChain:
    """`audit.ports.Chain` on one store."""

    def __init__(self, store: SqlStore, name: str) -> None:
        self._store = store
        self.name = name

    def head(self) -> tuple[int, bytes]:
        """Return number and hash of the newest entry."""
        found: tuple[int, bytes] = self._ask(lambda connection: head(connection, self.name))
        return found

    def hash_at(self, seq: int) -> bytes | None:
        """Return an entry's hash as it stands."""
        found: bytes | None = self._ask(lambda connection: hash_at(connection, self.name, seq))
        return found

    def rows(self, *, after: int, until: int) -> Iterator[list[Any]]:
        """Yield rows in pieces."""
        while rows := fetch(self._store.engine, (self.name, after, until), self._store.shown):
            yield rows
            after = rows[-1][0]

    def first_since(self, ts: int) -> int:
        """Return the number of the first entry at or after a moment."""
        own = JOURNAL.c.chain == self.name
        found = select(func.min(JOURNAL.c.seq)).where(own, JOURNAL.c.ts >= ts)
        seq: int | None = self._ask(lambda connection: connection.execute(found).scalar())
        return seq if seq is not None else self.head()[0] + 1

    def note(self, anchor: Noted) -> None:
        """Keep an anchor in the table of anchors; the same twice changes nothing."""
        key = (ANCHORS.c.chain == anchor.chain, ANCHORS.c.seq == anchor.seq)

        def write(connection: Connection) -> None:
            connection.execute(delete(ANCHORS).where(*key))
            values = {"chain": anchor.chain, "seq": anchor.seq, "ts": anchor.ts, "hash": bytes.fromhex(anchor.hash)}
            connection.execute(insert(ANCHORS).values(values))

        in_transaction(self._store, write)

    def _ask(self, question: Callable[[Connection], Any]) -> Any:  # noqa: ANN401 - as the question answers
        return in_reading(self._store, question)
