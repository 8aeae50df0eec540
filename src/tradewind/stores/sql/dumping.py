"""Every table as lines of text, the same from SQLite and from MariaDB: what a backup keeps, and what its hash is of.

A line is one row, a JSON array in the order of the columns: decimals as text with all digits of their column, moments
as `YYYY-MM-DD HH:MM:SS` in UTC, bytes in base64. Rows come in the order of their key, all tables as of one moment.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
from sqlalchemy import JSON, Integer, LargeBinary, String
from sqlalchemy.exc import SQLAlchemyError

from tradewind.errors import StoreError
from tradewind.stores.sql import fleet_tables, identity_tables, notice_tables, record_tables
from tradewind.stores.sql.columns import ExactDecimal, UtcSeconds
from tradewind.stores.sql.engine import READING
from tradewind.stores.sql.failures import explain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Column, Table
    from sqlalchemy.engine import Connection

    from tradewind.stores.sql.store import SqlStore

    Cell = Callable[[Any], Any]

LEFT_EMPTY: Final = frozenset({identity_tables.SESSIONS.name, identity_tables.TICKETS.name})
"""Who was signed in signs in again: a session that was ended since would otherwise be open once more."""
_HELD: Final = {"holder": "", "expires_at": 0, "is_sealed": 0}
"""In place of who holds a journal now: of what is restored nobody does."""
_CHUNK: Final = 1_000
_SECONDS: Final = len("2026-01-02 03:04:05")
_METADATA: Final = record_tables.JOURNAL.metadata
_TABLE_HOMES: Final = (fleet_tables, identity_tables, notice_tables)
"""Imported so that their tables are known."""


class TableForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a table looked like when its rows were read, so that a later program can still write them."""

    name: str
    columns: tuple[str, ...]
    kinds: tuple[str, ...]
    """Of each column: `number`, `text`, `bytes`, `decimal:DIGITS`, `seconds` or `json`."""
    key: tuple[str, ...]


class Rows(NamedTuple):
    """Some rows: their lines, and the lines their hash is of, in which the keys of a JSON object are sorted."""

    lines: bytes
    hashed: bytes
    size: int


def forms() -> list[TableForm]:
    """Return every table that is kept, by name."""
    return [_form(table) for name, table in sorted(_METADATA.tables.items()) if name not in LEFT_EMPTY]


@contextmanager
def one_moment(store: SqlStore) -> Iterator[Connection]:
    """Give a connection to which nothing changes any more, while others go on writing.

    Raises: StoreError: the database does not answer, or its tables are changed meanwhile.
    """
    try:
        with store.engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                connection.execution_options(**{READING: True})
            else:
                connection.execution_options(isolation_level="REPEATABLE READ", stream_results=True)
                connection.exec_driver_sql("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
            yield connection
    except SQLAlchemyError as error:
        raise explain(error, store.shown) from error


def rows_of(connection: Connection, form: TableForm) -> Iterator[Rows]:
    """Yield the rows of a table, some at a time.

    Raises: StoreError: a value is none that its column can hold. SQLAlchemyError: the database does not answer.
    """
    quote = connection.dialect.identifier_preparer.quote
    wanted, key = (", ".join(map(quote, names)) for names in (form.columns, form.key))
    result = connection.exec_driver_sql(f"SELECT {wanted} FROM {quote(form.name)} ORDER BY {key}")  # noqa: S608 - names of our own
    cells = [(at, cell) for at, kind in enumerate(form.kinds) if (cell := _told(kind)) is not None]
    if form.name == record_tables.LEASES.name:
        cells += [(form.columns.index(name), _always(value)) for name, value in _HELD.items()]
    encode = msgspec.json.Encoder().encode_lines
    for part in result.partitions(_CHUNK):
        rows = [list(row) for row in part]
        try:
            for at, cell in cells:
                for row in rows:
                    if row[at] is not None:
                        row[at] = cell(row[at])
            lines = encode(rows)
        except (ValueError, ArithmeticError, TypeError) as error:
            message = f"a row of {form.name} holds what its columns cannot ({error}); `tradewind db rebuild` mends rows"
            raise StoreError(message) from error
        yield Rows(lines, _hashed(form, lines), len(rows))


def digest_of(form: TableForm, parts: Iterable[bytes]) -> tuple[str, int]:
    """Return the hash of a table's lines, and how many rows they are."""
    digest, count = hashlib.sha256(), 0
    for lines in parts:
        digest.update(_hashed(form, lines))
        count += lines.count(b"\n")
    return digest.hexdigest(), count


def rows_digest(connection: Connection, form: TableForm) -> str:
    """Return the hash of a table's rows as they are now. Raises: as `rows_of`."""
    digest = hashlib.sha256()
    for rows in rows_of(connection, form):
        digest.update(rows.hashed)
    return digest.hexdigest()


def _form(table: Table) -> TableForm:
    columns = tuple(table.columns)
    # The library's names are a kind of text that no encoder knows.
    return TableForm(
        name=f"{table.name}",
        columns=tuple(f"{column.name}" for column in columns),
        kinds=tuple(_kind(column) for column in columns),
        key=tuple(f"{column.name}" for column in table.primary_key.columns),
    )


def _kind(column: Column[Any]) -> str:
    match column.type:
        case ExactDecimal(impl_instance=inner):
            return f"decimal:{getattr(inner, 'scale', 0)}"
        case UtcSeconds():
            return "seconds"
        case JSON():
            return "json"
        case LargeBinary():
            return "bytes"
        case String():
            return "text"
        case kind if isinstance(kind, Integer) or kind.python_type is bool:
            return "number"
        case kind:
            message = f"no backup knows how to keep {column.table.name}.{column.name}, a {kind!r}"
            raise StoreError(message)


def _told(kind: str) -> Cell | None:
    """Return what makes of a driver's value the one that is written; `None` where that is the same."""
    name, _, digits = kind.partition(":")
    if name == "decimal":
        return _decimal(int(digits))
    return _TOLD.get(name)


def _decimal(digits: int) -> Cell:
    unit = Decimal(1).scaleb(-digits)

    def told(value: object) -> str:
        text = value if isinstance(value, str) else str(value)
        if len(text) - text.find(".") - 1 == digits and "." in text:
            return text
        # An older program wrote it, with as many digits as it liked.
        return format(Decimal(text).quantize(unit), "f")

    return told


def _seconds(value: object) -> str:
    text = value.isoformat(sep=" ") if isinstance(value, datetime) else str(value)
    return text[:_SECONDS]


_TOLD: Final[Mapping[str, Cell]] = {"seconds": _seconds, "number": int, "bytes": bytes}


def _always(value: object) -> Cell:
    return lambda _value: value


def _hashed(form: TableForm, lines: bytes) -> bytes:
    at: Sequence[int] = [number for number, kind in enumerate(form.kinds) if kind == "json"]
    if not at:
        return lines
    rows = msgspec.json.Decoder(list[Any]).decode_lines(lines)
    for row in rows:
        for number in at:
            if row[number] is not None:
                row[number] = json.dumps(json.loads(row[number]), sort_keys=True, separators=(",", ":"))
    return msgspec.json.Encoder().encode_lines(rows)
