"""Rows for every table there is, each column a value that tells whether it was kept: digits, letters, nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import JSON, Boolean, Column, Engine, Enum, Integer, LargeBinary, String, insert, inspect

from tradewind.stores.sql.columns import ExactDecimal, UtcSeconds
from tradewind.stores.sql.dumping import forms
from tradewind.stores.sql.engine import reading
from tradewind.stores.sql.trading_tables import METADATA

Rows = dict[str, list[dict[str, Any]]]
_MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def fill_tables(engine: Engine, *names: str, count: int = 3) -> None:
    """Add rows to tables, with the columns they have at the step they are at."""
    with engine.begin() as connection:
        for name in names or every_table():
            table = METADATA.tables[name]
            there = set(connection.exec_driver_sql(f"SELECT * FROM {name} WHERE 1 = 0").keys())  # noqa: S608 - ours
            columns = [column for column in table.columns if column.name in there]
            rows = [{column.name: _value(column, number) for column in columns} for number in range(1, count + 1)]
            connection.execute(insert(table), rows)


def rows_there(engine: Engine) -> Rows:
    """Return what stands in our tables as the driver gives it, by name, in the order of their keys."""
    there = set(inspect(engine).get_table_names())
    found: Rows = {}
    with reading(engine) as connection:
        for name in there & METADATA.tables.keys():
            key = ", ".join(column.name for column in METADATA.tables[name].primary_key.columns)
            rows = connection.exec_driver_sql(f"SELECT * FROM {name} ORDER BY {key}")  # noqa: S608 - names of our own
            found[name] = [dict(row) for row in rows.mappings()]
    return found


def is_kept(before: Rows, after: Rows) -> bool:
    """Tell whether the rows of before are those of after, in the tables and columns that both have."""
    for name in before.keys() & after.keys():
        if len(before[name]) != len(after[name]):
            return False
        for old, new in zip(before[name], after[name], strict=True):
            if any(old[column] != new[column] for column in old.keys() & new.keys()):
                return False
    return True


def every_table() -> list[str]:
    """Return the names of all tables, also of those that no backup keeps."""
    assert forms()  # it brings every table along
    return list(METADATA.tables)


def _value(column: Column[Any], number: int) -> Any:
    if column.nullable and number == 1:
        return None
    return next(make(column.type, number) for kind, make in _VALUES if isinstance(column.type, kind))


_VALUES: Final[list[tuple[Any, Callable[[Any, int], Any]]]] = [
    (Enum, lambda kind, number: kind.enums[number % len(kind.enums)]),
    (ExactDecimal, lambda _kind, number: Decimal(-number) + Decimal("0.0001") * number),
    (UtcSeconds, lambda _kind, number: _MOMENT + timedelta(seconds=number)),
    (JSON, lambda _kind, number: {"二": [number, "'\\\"%s"], "a": None, "fee": 0.1}),
    (LargeBinary, lambda kind, number: bytes([number, 0, 255, 10]) * ((kind.length or 64) // 4)),
    (Boolean, lambda _kind, number: number % 2 == 0),
    (Integer, lambda _kind, number: number),
    (String, lambda kind, number: f"{number} 金's\n%s\\"[: kind.length or 99]),
]
