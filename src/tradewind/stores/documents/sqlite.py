"""Documents in SQLite: one table per collection, each document as JSON under the id that makes it the same one.

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

from tradewind.errors import StoreAwayError
from tradewind.stores.documents.forms import TOLD_OF_A_BAR, BarDocument, DepthDocument, QuoteDocument, Stored, id_in
from tradewind.stores.documents.ports import COLLECTIONS, LATEST

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from tradewind.stores.documents.forms import Document, TradeCollection
    from tradewind.stores.documents.ports import Collection
    from tradewind.stores.documents.settings import DocumentSettings

R = TypeVar("R")
FILE_NAME: Final = "documents.db"
_ENCODER: Final = msgspec.json.Encoder()
_TRADES: Final = msgspec.json.Decoder(QuoteDocument)
_DEPTHS: Final = msgspec.json.Decoder(DepthDocument)
_BARS: Final = msgspec.json.Decoder(BarDocument)
_TYPE: Final = "json_extract(body, '$.ty')"


def _said(row: str) -> str:
    """Return what of a bar may change, as one value of a row."""
    fields = ", ".join(f"json_extract({row}.body, '$.{name}')" for name in TOLD_OF_A_BAR)
    return f"json_array({fields})"


def _created(row: str) -> str:
    return f"json_extract({row}.body, '$.create_time')"


_IF_THERE: Final[Mapping[Collection, str]] = {
    "realtime": "NOTHING",
    "depth": "NOTHING",
    "close": "UPDATE SET t = excluded.t, body = excluded.body WHERE excluded.t > old.t",
    "kline": "UPDATE SET body = excluded.body "
    f"WHERE {_created('excluded')} >= {_created('old')} AND {_said('excluded')} <> {_said('old')}",
}
"""What becomes of a document whose id is there."""
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

        Raises: ConfigError: two collections have one name.
        """
        settings.refuse_same_names()
        self._settings = settings
        self._file = folder / FILE_NAME
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="documents")
        self._connection: sqlite3.Connection | None = None

    async def open(self) -> None:
        """Make the file and its tables."""
        await self._call(self._connected)

    async def put(self, collection: Collection, documents: Sequence[Document]) -> Stored:
        """Store documents in one transaction."""
        encode = _ENCODER.encode
        rows = [(id_in(collection, one), one.stock_code, one.t, encode(one).decode()) for one in documents]
        there = _IF_THERE[collection]
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
        self, collection: TradeCollection, code: str, limit: int = 1, *, until_ms: int = LATEST
    ) -> list[QuoteDocument]:
        """Return the newest trades of a code."""
        return [_TRADES.decode(body) for body in await self._newest(collection, (code, until_ms, limit))]

    async def depths(self, code: str, limit: int = 1, *, until_ms: int = LATEST) -> list[DepthDocument]:
        """Return the newest books of a code."""
        return [_DEPTHS.decode(body) for body in await self._newest("depth", (code, until_ms, limit))]

    async def bars(self, code: str, ty: int, limit: int = 1, *, until_ms: int = LATEST) -> list[BarDocument]:
        """Return the newest bars of a code and type."""
        is_of_type = f"AND {_TYPE} = ?"
        return [_BARS.decode(body) for body in await self._newest("kline", (code, until_ms, ty, limit), is_of_type)]

    async def codes(self, collection: Collection, since_ms: int, until_ms: int) -> list[str]:
        """Return the codes that have a document of that time: a step in the index per code, however many there are."""
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

    async def _newest(self, collection: Collection, values: tuple[str | int, ...], where: str = "") -> list[str]:
        table = self._table(collection)
        question = f'SELECT body FROM "{table}" WHERE stock_code = ? AND t <= ? {where} ORDER BY t DESC LIMIT ?'  # noqa: S608 - a checked name
        rows = await self._call(lambda: self._connected().execute(question, values).fetchall())
        return [body for (body,) in rows]

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
            for collection in COLLECTIONS:
                table = self._table(collection)
                connection.execute(
                    f'CREATE TABLE IF NOT EXISTS "{table}" '
                    "(id TEXT PRIMARY KEY, stock_code TEXT NOT NULL, t INTEGER NOT NULL, body TEXT NOT NULL) "
                    "WITHOUT ROWID"
                )
                connection.execute(f'CREATE INDEX IF NOT EXISTS "{table}_by_code" ON "{table}" (stock_code, t)')
            bars = self._table("kline")
            connection.execute(f'CREATE INDEX IF NOT EXISTS "{bars}_by_type" ON "{bars}" (stock_code, {_TYPE}, t)')

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
