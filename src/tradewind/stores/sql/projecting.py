"""Writes the rows that follow from events, inside the transaction of the entries they follow from.

A row that cannot be stored (a text too long for the older system's column) is left out, counted and told; it never
keeps an entry from the journal. The tables can be made again from the journal at any time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, delete, insert, select, tuple_, update
from sqlalchemy.exc import SQLAlchemyError

from tradewind.kernel.log import get_log
from tradewind.stores.sql.failures import Reaction, reaction
from tradewind.stores.sql.record_tables import TRIGGER_DETAILS
from tradewind.stores.sql.trading_tables import METADATA, STRATEGY_TRIGGERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sqlalchemy import Table
    from sqlalchemy.engine import Connection

    from tradewind.kernel.metrics import Metrics
    from tradewind.stores.sql.projections import Projections
    from tradewind.stores.sql.puts import Put

_LOG = get_log("stores.projecting")
_REMEMBERED: Final = 20_000
_AT_ONCE: Final = 500
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
        rows: dict[str, dict[tuple[Any, ...], Put]] = {}
        for topic, event in events:
            for put in self._projections.of(topic, event):
                of_table = rows.setdefault(put.table, {})
                if not (put.keeps and put.key in of_table):
                    of_table[put.key] = put
        for table, puts in rows.items():
            store = self._write_triggers if table == STRATEGY_TRIGGERS.name else self._write_rows
            self._guarded(connection, store, list(puts.values()))

    def _guarded(
        self, connection: Connection, store: Callable[[Connection, Sequence[Put]], None], puts: Sequence[Put]
    ) -> None:
        """Store all at once; where that fails for a row, one after the other without those that cannot be."""
        try:
            with connection.begin_nested():
                store(connection, puts)
        except SQLAlchemyError as error:
            self.forget()
            if reaction(error) not in _LEFT_OUT:
                raise
            if len(puts) > 1:
                for put in puts:
                    self._guarded(connection, store, [put])
                return
            self._metrics.rows_left_out.add(puts[0].table)
            _LOG.error("row_left_out", table=puts[0].table, key=dict(puts[0].key), reason=str(error).partition("\n")[0])

    def _write_rows(self, connection: Connection, puts: Sequence[Put]) -> None:
        table = METADATA.tables[puts[0].table]
        names = [name for name, _ in puts[0].key]
        there = self._there(connection, table, names, [tuple(value for _, value in put.key) for put in puts])
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
        self, connection: Connection, table: Table, names: list[str], keys: list[tuple[Any, ...]]
    ) -> set[tuple[Any, ...]]:
        """Return the keys with a row. Not an upsert: on MariaDB each would use up one of 2³¹ row ids."""
        known = self._known.setdefault(table.name, set())
        if len(known) > _REMEMBERED:
            known.clear()
        columns: list[Any] = [table.c[name] for name in names]
        asked = [key for key in keys if key not in known]
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


def _values(put: Put) -> tuple[Any, ...]:
    return tuple(value for _, value in put.key)


def _prefixed(put: Put) -> dict[str, Any]:
    return {f"own_{name}": value for name, value in put.key}
