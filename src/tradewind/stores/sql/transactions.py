"""One transaction that reads, decides and writes; tried again only where the database undid it for another's sake."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from tradewind.kernel.clock import monotonic_s
from tradewind.stores.sql.failures import Reaction, explain, reaction

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Connection

    from tradewind.stores.sql.store import SqlStore

R = TypeVar("R")
_PATIENCE = 2.0


def in_transaction(store: SqlStore, work: Callable[[Connection], R]) -> R:
    """Run `work`, which locks what it reads (`with_for_update`) before it decides, and may run more than once.

    Raises: StoreError: it could not be done. After a lost connection nobody knows, so that is not tried again.
    """
    until_s = monotonic_s() + _PATIENCE * store.settings.busy_s
    while True:
        try:
            with store.engine.begin() as connection:
                return work(connection)
        except SQLAlchemyError as error:
            if reaction(error) is not Reaction.RETRY or monotonic_s() > until_s:
                raise explain(error, store.shown) from error
