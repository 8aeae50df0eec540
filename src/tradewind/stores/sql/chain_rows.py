"""A journal's table as the audit reads it: as it stands, nothing believed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from tradewind.stores.sql.engine import reading
from tradewind.stores.sql.failures import explain
from tradewind.stores.sql.reading import fetch, hash_at, head
from tradewind.stores.sql.record_tables import JOURNAL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.engine import Connection

    from tradewind.stores.sql.store import SqlStore


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

    def _ask(self, question: Callable[[Connection], Any]) -> Any:  # noqa: ANN401 - as the question answers
        try:
            with reading(self._store.engine) as connection:
                return question(connection)
        except SQLAlchemyError as error:
            raise explain(error, self._store.shown) from error
