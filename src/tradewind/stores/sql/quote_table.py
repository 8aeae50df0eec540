"""A table of quotes that somebody else writes, read forward by a cursor: what has come since the last look.

The cursor is a column that only grows: a running number, or the time of the last change. Rows that share the newest
value are read again at the next look and recognised by all they hold, so none is lost to a tie and none told twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import bindparam, column, func, select, table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ColumnClause

    from tradewind.stores.sql.read_only import ReadOnlyStore

CURSOR = "_cursor"


class Look(NamedTuple):
    """What one look found: rows by our names, oldest first; whether more wait; whether the table began anew."""

    rows: list[dict[str, Any]]
    is_more: bool
    has_begun_anew: bool


class QuoteTable:
    """Where one reader stands in such a table."""

    def __init__(
        self,
        store: ReadOnlyStore,
        *,
        name: str,
        columns: Mapping[str, str],
        cursor: str,
        batch: int,
        from_beginning: bool,
    ) -> None:
        """`columns` maps our names to the table's; without `from_beginning` only what comes from now on is read."""
        self.shown = f"{store.shown} {name}"
        self._store = store
        self._batch = batch
        self._from_beginning = from_beginning
        self._is_placed = False
        self._last: Any = None
        self._at_last: set[tuple[Any, ...]] = set()
        self._cursor: ColumnClause[Any] = column(cursor)
        shown_columns: list[Any] = [column(theirs).label(ours) for ours, theirs in columns.items()]
        self._from = table(name)
        found = select(*shown_columns, self._cursor.label(CURSOR)).select_from(self._from).order_by(self._cursor)
        self._all = found.limit(bindparam("most"))
        self._since = found.where(self._cursor >= bindparam("last")).limit(bindparam("most"))
        self._newest = select(func.max(self._cursor)).select_from(self._from)

    def look(self) -> Look:
        """Read on; waits for the database.

        Raises: StoreError, ConfigError: it is away, refuses us, or the table is not as the settings say.
        """
        if not self._is_placed:
            self._place()
            if not self._from_beginning:
                return Look([], is_more=False, has_begun_anew=False)
        # Rows of the last value come again: they must not fill the whole batch, or nothing new would ever fit.
        most = self._batch + len(self._at_last)
        found = self._read(most)
        if not found and self._last is not None:
            return self._begun_anew()
        rows = [row for row in found if row[CURSOR] != self._last or _print(row) not in self._at_last]
        self._stand_at(found)
        return Look(rows, is_more=len(found) == most, has_begun_anew=False)

    def _place(self) -> None:
        """Stand at the newest row there is; its like are known then and told to nobody."""
        if not self._from_beginning:
            self._last = self._store.rows(self._newest)[0][0]
            if self._last is not None:
                self._stand_at(self._read(self._batch * 100))
        self._is_placed = True

    def _read(self, most: int) -> list[dict[str, Any]]:
        values = {"most": most} if self._last is None else {"most": most, "last": self._last}
        statement = self._all if self._last is None else self._since
        return [dict(row._mapping) for row in self._store.rows(statement, values)]  # noqa: SLF001 - a public name

    def _stand_at(self, found: list[dict[str, Any]]) -> None:
        if not found:
            return
        newest = found[-1][CURSOR]
        same = {_print(row) for row in found if row[CURSOR] == newest}
        self._at_last = same | self._at_last if newest == self._last else same
        self._last = newest

    def _begun_anew(self) -> Look:
        """Not even the row we stood at is there: the table was emptied, and is read from its beginning."""
        self._last = None
        self._at_last = set()
        found = self._read(self._batch)
        self._stand_at(found)
        return Look(found, is_more=len(found) == self._batch, has_begun_anew=True)


def _print(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row.values())
