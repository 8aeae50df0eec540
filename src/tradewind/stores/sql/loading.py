"""Writes the lines of `dumping` into empty tables again, as they were, at the step of the tables they were read at."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
from sqlalchemy import inspect
from sqlalchemy.exc import SQLAlchemyError

from tradewind.stores.sql import schema
from tradewind.stores.sql.engine import reading
from tradewind.stores.sql.failures import explain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sqlalchemy.engine import Connection

    from tradewind.stores.sql.dumping import TableForm
    from tradewind.stores.sql.store import SqlStore

_ROWS: Final = 500
_VERSION_TABLE: Final = "alembic_version"


def tables_in_the_way(store: SqlStore) -> list[str]:
    """Return what stands in a database that should be empty; the file of an SQLite is not made for that.

    Raises: StoreError, ConfigError: the database does not answer, or not to us.
    """
    if store.engine.dialect.name == "sqlite" and not Path(str(store.engine.url.database)).exists():
        return []
    try:
        with reading(store.engine) as connection:
            return sorted(set(inspect(connection).get_table_names()) - {_VERSION_TABLE})
    except SQLAlchemyError as error:
        raise explain(error, store.shown) from error


def load_table(store: SqlStore, form: TableForm, parts: Iterable[bytes]) -> None:
    """Write a table in one transaction.

    Raises: StoreError: the database does not take it.
    """
    try:
        with store.engine.begin() as connection:
            write = _writer(connection, form)
            for lines in parts:
                for rows in _some(msgspec.json.Decoder(list[Any]).decode_lines(lines)):
                    write(rows)
    except SQLAlchemyError as error:
        raise explain(error, store.shown) from error


def take_tables_back(store: SqlStore) -> None:
    """Remove what was loaded, as far as that is possible; raises nothing new where it is not."""
    if store.engine.dialect.name == "sqlite":
        store.close()
        file = Path(str(store.engine.url.database))
        for end in ("", "-wal", "-shm"):
            file.with_name(file.name + end).unlink(missing_ok=True)
        return
    schema.downgrade(store.engine, "base")


def _writer(connection: Connection, form: TableForm) -> Callable[[list[list[Any]]], None]:
    is_sqlite = connection.dialect.name == "sqlite"
    quote = connection.dialect.identifier_preparer.quote
    marks = ", ".join(["?" if is_sqlite else "%s"] * len(form.columns))
    names = ", ".join(map(quote, form.columns))
    statement = f"INSERT INTO {quote(form.name)} ({names}) VALUES ({marks})"  # noqa: S608 - names of tables that were made before
    at_bytes = [at for at, kind in enumerate(form.kinds) if kind == "bytes"]
    at_seconds = [at for at, kind in enumerate(form.kinds) if kind == "seconds"] if is_sqlite else []

    def write(rows: list[list[Any]]) -> None:
        for row in rows:
            for at in at_bytes:
                row[at] = None if row[at] is None else base64.b64decode(row[at])
            for at in at_seconds:
                # As the program writes moments there: they are compared as text.
                row[at] = None if row[at] is None else f"{row[at]}.000000"
        connection.exec_driver_sql(statement, [tuple(row) for row in rows])

    return write


def _some(rows: list[list[Any]]) -> Iterator[list[list[Any]]]:
    for at in range(0, len(rows), _ROWS):
        yield rows[at : at + _ROWS]
