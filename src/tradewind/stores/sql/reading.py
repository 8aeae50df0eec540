"""Reads a journal in order, verifying every link on the way; nothing that does not fit is ever handed out."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.exc import SQLAlchemyError

from tradewind.errors import CorruptJournalError
from tradewind.stores.chain import COLUMNS, REMEDY, follow, origin
from tradewind.stores.ports import Entry
from tradewind.stores.sql.engine import reading
from tradewind.stores.sql.failures import explain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection, Engine

_CHUNK: Final = 4_000
_COLUMNS: Final = ", ".join(COLUMNS)
_HEAD: Final = "SELECT seq, hash FROM journal WHERE chain = ? ORDER BY seq DESC LIMIT 1"
_ONE: Final = "SELECT hash FROM journal WHERE chain = ? AND seq = ?"
_NEXT: Final = f"SELECT {_COLUMNS} FROM journal WHERE chain = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT {_CHUNK}"  # noqa: S608 - no value from outside
END: Final = (1 << 63) - 1


def head(connection: Connection, chain: str) -> tuple[int, bytes]:
    """Return number and hash of the newest entry; of an empty chain 0 and what the first will stand on."""
    row = connection.exec_driver_sql(_spelled(_HEAD, connection), (chain,)).first()
    return (0, origin(chain)) if row is None else (int(row[0]), bytes(row[1]))


def hash_at(connection: Connection, chain: str, seq: int) -> bytes | None:
    """Return the hash of one entry, `None` where there is no such entry."""
    if seq == 0:
        return origin(chain)
    row = connection.exec_driver_sql(_spelled(_ONE, connection), (chain, seq)).first()
    return None if row is None or not isinstance(row[0], bytes) else row[0]


def chunks(engine: Engine, chain: str, *, after: int, until: int = END, shown: str) -> Iterator[list[Any]]:
    """Yield verified rows (`chain.COLUMNS`) in pieces; the connection is free again between two.

    Raises:
        CorruptJournalError: a row does not fit the chain.
        StoreAwayError, StoreError: the database does not answer.
    """
    seq, prev = after, _start(engine, chain, after, shown)
    while True:
        rows = fetch(engine, (chain, seq, until), shown)
        if not rows:
            return
        seq, prev = follow(rows, seq=seq, prev=prev)
        yield rows


def entries(engine: Engine, chain: str, *, after: int, shown: str) -> Iterator[Entry]:
    """Yield the entries after `after`, verified. Raises as `chunks`."""
    for rows in chunks(engine, chain, after=after, shown=shown):
        for seq, ts, _epoch, kind, actor, source, subject, payload, _prev, _own in rows:
            yield Entry(seq, ts, kind, actor, source, subject, payload)


def verify_head(engine: Engine, chain: str, shown: str) -> tuple[int, bytes]:
    """Return the newest entry's number and hash after checking its own content. Raises as `chunks`."""
    try:
        with reading(engine) as connection:
            seq, own = head(connection, chain)
            before = hash_at(connection, chain, seq - 1) if seq else None
    except SQLAlchemyError as error:
        raise explain(error, shown) from error
    if seq and before is None:
        message = f"the journal is not as it was written: entry {seq - 1} is missing; {REMEDY}"
        raise CorruptJournalError(message)
    for rows in chunks(engine, chain, after=seq - 1, shown=shown) if seq else ():
        seq, own = rows[-1][0], rows[-1][-1]
    return seq, own


def _start(engine: Engine, chain: str, after: int, shown: str) -> bytes:
    try:
        with reading(engine) as connection:
            found = hash_at(connection, chain, after)
    except SQLAlchemyError as error:
        raise explain(error, shown) from error
    if found is None:
        message = f"the journal {chain!r} has no entry {after} to go on from: its end was cut off; {REMEDY}"
        raise CorruptJournalError(message)
    return found


def fetch(engine: Engine, bounds: tuple[str, int, int], shown: str) -> list[Any]:
    """Return the next piece of (chain, after, until) as it stands; not verified.

    With the driver's own cursor: rows as plain tuples, several times faster than through the engine. Raises as
    `chunks`.
    """
    try:
        with reading(engine) as connection:
            cursor = connection.connection.cursor()
            try:
                cursor.execute(_spelled(_NEXT, connection), bounds)
                return list(cursor.fetchall())
            except engine.dialect.loaded_dbapi.Error as error:
                raise _misread(error, shown) from error
            finally:
                cursor.close()
    except SQLAlchemyError as error:
        raise explain(error, shown) from error


def _misread(error: Exception, shown: str) -> Exception:
    if isinstance(error, sqlite3.OperationalError) and "decode" in str(error):
        return CorruptJournalError(f"the journal holds text that no writer wrote ({error}); {REMEDY}")
    return explain(error, shown)


def _spelled(statement: str, connection: Connection) -> str:
    return statement if connection.dialect.name == "sqlite" else statement.replace("?", "%s")
