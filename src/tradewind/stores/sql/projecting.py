"""Writes the rows that follow from events, inside the transaction of the entries they follow from.

A row that cannot be stored (a text too long for the older system's column) is left out, counted and told; it never
keeps an entry from the journal. The tables can be made again from the journal at any time.

Each word with the database is waited for before the people of the desk are told, so a group is first written in as few
as will do: one savepoint for all tables, and a row nobody has heard of taken for a new one. Where that turns out wrong
it is undone, and written again table by table with a look at what stands there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import UniqueConstraint, bindparam, delete, insert, select, tuple_, update
from sqlalchemy.exc import SQLAlchemyError

from tradewind.kernel.log import get_log
from tradewind.stores.sql.failures import Reaction, reaction
from tradewind.stores.sql.record_tables import TRIGGER_DETAILS
from tradewind.stores.sql.trading_tables import METADATA, STRATEGY_TRIGGERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Table
    from sqlalchemy.engine import Connection

    from tradewind.kernel.metrics import Metrics
    from tradewind.stores.sql.projections import Projections
    from tradewind.stores.sql.puts import Put

_LOG = get_log("stores.projecting")
_REMEMBERED: Final = 20_000
_AT_ONCE: Final = 500
_FEW: Final = 200
"""So many unknown rows are taken for new ones without a look; a wrong guess costs as many row ids."""
_LEFT_OUT: Final = frozenset({Reaction.BAD_ROW, Reaction.WRONG})


class Projecting:
    """One writer's hand at the tables."""

    def __init__(self, projections: Projections, metrics: Metrics) -> None:
        self._projections = projections
        self._metrics = metrics
        self._known: dict[str, set[tuple[Any, ...]]] = {}

    def forget(self) -> None:
        """Believe nothing of what stands in the tables: a transaction was undone."""
        self._known.clear()

    def write(self, connection: Connection, events: Iterable[tuple[str, object]]) -> None:
        """Bring the tables up to date with `events`; of several rows of one name the last counts.

        Raises: SQLAlchemyError: the transaction as a whole has failed.
        """
        tables = self._tables(events)
        if not tables:
            return
        try:
            with connection.begin_nested():
                for puts in tables:
                    self._store(connection, puts, may_guess=True)
        except SQLAlchemyError as error:
            self.forget()
            if reaction(error) not in _LEFT_OUT:
                raise
            for puts in tables:
                self._guarded(connection, puts)

    def _tables(self, events: Iterable[tuple[str, object]]) -> list[list[Put]]:
        """Return the rows of each table as they are to stand after all of `events`."""
        rows: dict[str, dict[tuple[Any, ...], Put]] = {}
        for topic, event in events:
            for put in self._projections.of(topic, event):
                of_table = rows.setdefault(put.table, {})
                if not (put.keeps and put.key in of_table):
                    of_table[put.key] = put
        return [list(puts.values()) for puts in rows.values()]

    def _guarded(self, connection: Connection, puts: Sequence[Put]) -> None:
        """Store all at once; where that fails for a row, one after the other without those that cannot be."""
        try:
            with connection.begin_nested():
                self._store(connection, puts, may_guess=False)
        except SQLAlchemyError as error:
            self.forget()
            if reaction(error) not in _LEFT_OUT:
                raise
            if len(puts) > 1:
                for put in puts:
                    self._guarded(connection, [put])
                return
            self._metrics.rows_left_out.add(puts[0].table)
            _LOG.error("row_left_out", table=puts[0].table, key=dict(puts[0].key), reason=str(error).partition("\n")[0])

    def _store(self, connection: Connection, puts: Sequence[Put], *, may_guess: bool) -> None:
        if puts[0].table == STRATEGY_TRIGGERS.name:
            self._write_triggers(connection, puts)
        else:
            self._write_rows(connection, puts, may_guess=may_guess)

    def _write_rows(self, connection: Connection, puts: Sequence[Put], *, may_guess: bool) -> None:
        table = METADATA.tables[puts[0].table]
        names = [name for name, _ in puts[0].key]
        there = self._there(connection, table, names, [_values(put) for put in puts], may_guess=may_guess)
        gone = [_prefixed(put) for put in puts if put.values is None]
        kept = [put for put in puts if put.values is not None]
        new = [{**dict(put.key), **(put.values or {})} for put in kept if _values(put) not in there]
        old = [put for put in kept if _values(put) in there]
        match = [table.c[name] == bindparam(f"own_{name}") for name in names]
        if gone:
            connection.execute(delete(table).where(*match), gone)
            there.difference_update(_values(put) for put in puts if put.values is None)
        if new:
            connection.execute(insert(table), new)
            there.update(_values(put) for put in kept)
        for keeps in {put.keeps: None for put in old}:
            rows = [{**_prefixed(put), **(put.values or {})} for put in old if put.keeps == keeps]
            columns: dict[str, Any] = {name: bindparam(name) for name in kept[0].values or {} if name not in keeps}
            given = [{name: value for name, value in row.items() if name not in keeps} for row in rows]
            connection.execute(update(table).where(*match).values(columns), given)

    def _there(
        self,
        connection: Connection,
        table: Table,
        names: list[str],
        keys: list[tuple[Any, ...]],
        *,
        may_guess: bool,
    ) -> set[tuple[Any, ...]]:
        """Return the keys with a row. Not an upsert: on MariaDB each would use up one of 2³¹ row ids."""
        known = self._known.setdefault(table.name, set())
        if len(known) > _REMEMBERED:
            known.clear()
        columns: list[Any] = [table.c[name] for name in names]
        asked = [key for key in keys if key not in known]
        if may_guess and len(asked) <= _FEW and _refuses_twice(table, names):
            return known
        for start in range(0, len(asked), _AT_ONCE):
            match = tuple_(*columns).in_(asked[start : start + _AT_ONCE])
            known.update(tuple(row) for row in connection.execute(select(*columns).where(match)))
        return known

    def _write_triggers(self, connection: Connection, puts: Sequence[Put]) -> None:
        """Keep the older table's rows by its own ids, ours beside them."""
        for put in puts:
            values = dict(put.values or {})
            details = {"trigger_id": put.key[0][1], **values.pop("details")}
            match = TRIGGER_DETAILS.c.trigger_id == details["trigger_id"]
            row_id = connection.execute(select(TRIGGER_DETAILS.c.row_id).where(match)).scalar()
            if row_id is None:
                made = connection.execute(insert(STRATEGY_TRIGGERS).values(**values)).inserted_primary_key
                connection.execute(insert(TRIGGER_DETAILS).values(**details, row_id=made[0] if made else None))
            else:
                connection.execute(update(STRATEGY_TRIGGERS).where(STRATEGY_TRIGGERS.c.id == row_id).values(**values))
                connection.execute(update(TRIGGER_DETAILS).where(match).values(**details))


def _refuses_twice(table: Table, names: list[str]) -> bool:
    """Say whether the database itself lets no second row of one name stand: then a wrong guess is told."""
    keys = (table.primary_key, *(each for each in table.constraints if isinstance(each, UniqueConstraint)))
    is_unique = any({column.name for column in key.columns} <= set(names) for key in keys if len(key.columns))
    return is_unique and not any(table.c[name].nullable for name in names)


def _values(put: Put) -> tuple[Any, ...]:
    return tuple(value for _, value in put.key)


def _prefixed(put: Put) -> dict[str, Any]:
    return {f"own_{name}": value for name, value in put.key}
