"""Documents in SQLite: one table per collection, each document as JSON under the id of its trade.

Written by one thread, a transaction a call, synced to disk before the call returns.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from tradewind.errors import ConfigError, StoreAwayError
from tradewind.stores.documents.ports import LATEST, QuoteDocument, Stored, id_in

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tradewind.stores.documents.ports import Collection
    from tradewind.stores.documents.settings import DocumentSettings

R = TypeVar("R")
FILE_NAME: Final = "documents.db"
_COLLECTIONS: Final[tuple[Collection, ...]] = ("realtime", "close")
_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(QuoteDocument)
_IF_LATER: Final = "UPDATE SET t = excluded.t, body = excluded.body WHERE excluded.t > old.t"
_CODES: Final = """
WITH RECURSIVE each_code(code) AS (
  SELECT min(stock_code) FROM "{table}"
  UNION ALL
  SELECT (SELECT min(stock_code) FROM "{table}" WHERE stock_code > code) FROM each_code WHERE code IS NOT NULL
)
SELECT code FROM each_code
WHERE EXISTS (SELECT 1 FROM "{table}" WHERE stock_code = code AND t BETWEEN ? AND ?)
"""


class SqliteDocuments:
    """A `DocumentStore` in one file."""

    def __init__(self, settings: DocumentSettings, folder: Path) -> None:
        """Open nothing yet.

        Raises: ConfigError: both collections have one name.
        """
        if settings.realtime == settings.close:
            message = f"documents.realtime and documents.close must differ, both were {settings.realtime}"
            raise ConfigError(message)
        self._settings = settings
        self._file = folder / FILE_NAME
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="documents")
        self._connection: sqlite3.Connection | None = None

    async def open(self) -> None:
        """Make the file and its tables."""
        await self._call(self._connected)

    async def put(self, collection: Collection, documents: Sequence[QuoteDocument]) -> Stored:
        """Store documents in one transaction."""
        encode = _ENCODER.encode
        rows = [(id_in(collection, one), one.stock_code, one.t, encode(one).decode()) for one in documents]
        there = _IF_LATER if collection == "close" else "NOTHING"
        statement = f'INSERT INTO "{self._table(collection)}" AS old VALUES (?, ?, ?, ?) ON CONFLICT DO {there}'  # noqa: S608 - a checked name

        def write() -> int:
            connection = self._connected()
            before = connection.total_changes
            with connection:
                connection.executemany(statement, rows)
            return connection.total_changes - before

        stored = await self._call(write)
        return Stored(stored=stored, known=len(documents) - stored)

    async def latest(
        self, collection: Collection, code: str, limit: int = 1, *, until_ms: int = LATEST
    ) -> list[QuoteDocument]:
        """Return the newest documents of a code."""
        table = self._table(collection)
        question = f'SELECT body FROM "{table}" WHERE stock_code = ? AND t <= ? ORDER BY t DESC LIMIT ?'  # noqa: S608 - a checked name
        rows = await self._call(lambda: self._connected().execute(question, (code, until_ms, limit)).fetchall())
        return [_DECODER.decode(body) for (body,) in rows]

    async def codes(self, collection: Collection, since_ms: int, until_ms: int) -> list[str]:
        """Return the codes that have a trade in that time: by one step in the index per code, however many trades."""
        question = _CODES.format(table=self._table(collection))
        rows = await self._call(lambda: self._connected().execute(question, (since_ms, until_ms)).fetchall())
        return [code for (code,) in rows]

    async def count(self, collection: Collection) -> int:
        """Return how many documents there are."""
        question = f'SELECT count(*) FROM "{self._table(collection)}"'  # noqa: S608 - a checked name
        rows = await self._call(lambda: self._connected().execute(question).fetchall())
        return int(rows[0][0])

    async def close(self) -> None:
        """Close the file."""

        def end() -> None:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

        await self._call(end)
        self._thread.shutdown()

    def _table(self, collection: Collection) -> str:
        return self._settings.name_of(collection)

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            # For its owner alone, before SQLite would make it for everybody.
            os.close(os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600))
            connection = sqlite3.connect(self._file, timeout=self._settings.timeout_s)
            try:
                self._set_up(connection)
            except sqlite3.Error:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _set_up(self, connection: sqlite3.Connection) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}")
        with connection:
            for collection in _COLLECTIONS:
                table = self._table(collection)
                connection.execute(
                    f'CREATE TABLE IF NOT EXISTS "{table}" '
                    "(id TEXT PRIMARY KEY, stock_code TEXT NOT NULL, t INTEGER NOT NULL, body TEXT NOT NULL) "
                    "WITHOUT ROWID"
                )
                connection.execute(f'CREATE INDEX IF NOT EXISTS "{table}_by_code" ON "{table}" (stock_code, t)')

    async def _call(self, work: Callable[[], R]) -> R:
        """Do it in the thread of the file; whatever the file's trouble is, it may pass.

        Raises: StoreAwayError: the file cannot be read or written now.
        """

        def guarded() -> R:
            try:
                return work()
            except (sqlite3.Error, OSError) as error:
                if self._connection is not None:
                    with contextlib.suppress(sqlite3.Error):
                        self._connection.rollback()
                message = f"documents cannot be kept in {self._file}: {error}"
                raise StoreAwayError(message) from error

        return await asyncio.get_running_loop().run_in_executor(self._thread, guarded)
