"""Strategies' parameters in the older system's table: each change a new row, one of them in force.

A change is read, made and written in one transaction that holds a lock, so that of two people who change at once
neither undoes the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from tradewind.stores.sql.engine import READING
from tradewind.stores.sql.failures import Reaction, explain, reaction
from tradewind.stores.sql.record_tables import LEASES
from tradewind.stores.sql.trading_tables import STRATEGY_CONFIGS

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Connection

    from tradewind.stores.sql.store import SqlStore

R = TypeVar("R")
_TRIES = 50
_LOCK = "strategy_configs"


class StrategyConfigs:
    """The parameters of every strategy, with their history; calls wait for the database."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store

    def active(self, strategy: str) -> dict[str, Any] | None:
        """Return the parameters in force, `None` where none were ever set."""
        try:
            with self._store.engine.connect().execution_options(**{READING: True}) as connection:
                return _active(connection, strategy)
        except SQLAlchemyError as error:
            raise explain(error, self._store.shown) from error

    def change(self, strategy: str, make: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
        """Put `make(parameters in force)` in force and return it; `make` may run more than once.

        Raises: StoreError: the database does not answer, or is busy for too long.
        """

        def work(connection: Connection) -> dict[str, Any]:
            _lock(connection)
            made = make(_active(connection, strategy) or {})
            table = STRATEGY_CONFIGS
            ours = (table.c.strategy_name == strategy, table.c.is_active.is_(True))
            connection.execute(update(table).where(*ours).values(is_active=False))
            connection.execute(insert(table).values(strategy_name=strategy, config_data=made, is_active=True))
            return made

        return in_transaction(self._store, work)


def in_transaction(store: SqlStore, work: Callable[[Connection], R]) -> R:
    """Run `work` in one transaction, again where another was in the way and ours was undone.

    Raises: StoreError: it could not be done. After a lost connection nobody knows, so that is not tried again.
    """
    for attempt in range(_TRIES):
        try:
            with store.engine.begin() as connection:
                return work(connection)
        except SQLAlchemyError as error:
            if reaction(error) is not Reaction.RETRY or attempt == _TRIES - 1:
                raise explain(error, store.shown) from error
    raise AssertionError  # the loop returns or raises


def _active(connection: Connection, strategy: str) -> dict[str, Any] | None:
    table = STRATEGY_CONFIGS
    found = (
        select(table.c.config_data)
        .where(table.c.strategy_name == strategy, table.c.is_active.is_(True))
        .order_by(table.c.id.desc())
        .limit(1)
    )
    value: dict[str, Any] | None = connection.execute(found).scalar()
    return value


def _lock(connection: Connection) -> None:
    """Hold the one row that stands for the table: a first row of a strategy has none to lock yet."""
    if connection.dialect.name == "sqlite":
        return  # its transaction has the whole file already
    table = LEASES
    locked = select(table.c.epoch).where(table.c.name == _LOCK).with_for_update()
    if connection.execute(locked).first() is None:
        try:
            with connection.begin_nested():
                connection.execute(insert(table).values(name=_LOCK, epoch=0, holder="", expires_at=0, is_sealed=True))
        except IntegrityError:
            connection.execute(locked)
