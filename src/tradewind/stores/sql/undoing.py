"""Takes back a step forward that failed half-way, where the database cannot: MariaDB ends a transaction at each CREATE.

A step forward adds tables, columns and indexes; what is there afterwards and was not before goes away again. The rows
of before are not touched.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


_COLUMNS: Final = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = DATABASE()"
_INDEXES: Final = (
    "SELECT DISTINCT table_name, index_name FROM information_schema.statistics WHERE table_schema = DATABASE()"
)


class Shape(msgspec.Struct, frozen=True):
    """The names of what there is: of each table its columns and its indexes."""

    columns: dict[str, set[str]]
    indexes: dict[str, set[str]]


def shape_of(connection: Connection) -> Shape:
    """Return what there is now. Raises: SQLAlchemyError: the database does not answer."""
    columns: dict[str, set[str]] = defaultdict(set)
    indexes: dict[str, set[str]] = defaultdict(set)
    for table, name in connection.exec_driver_sql(_COLUMNS):
        columns[table].add(name)
    for table, name in connection.exec_driver_sql(_INDEXES):
        indexes[table].add(name)
    return Shape(columns, indexes)


def remove_what_was_added(connection: Connection, before: Shape) -> None:
    """Remove what was not there before. Raises: SQLAlchemyError: the database refuses."""
    now, quote = shape_of(connection), connection.dialect.identifier_preparer.quote
    for table in now.columns:
        if table not in before.columns:
            connection.exec_driver_sql(f"DROP TABLE {quote(table)}")
            continue
        for index in now.indexes[table] - before.indexes[table]:
            connection.exec_driver_sql(f"DROP INDEX {quote(index)} ON {quote(table)}")
        for column in now.columns[table] - before.columns[table]:
            connection.exec_driver_sql(f"ALTER TABLE {quote(table)} DROP COLUMN {quote(column)}")
