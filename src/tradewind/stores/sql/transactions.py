"""One transaction that reads, decides and writes; tried again only where the database undid it for another's sake.

And a question that changes nothing: asked once more where the connection had died while nobody used it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from tradewind.kernel.clock import monotonic_s
from tradewind.stores.sql.engine import reading
from tradewind.stores.sql.failures import Reaction, explain, reaction

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Connection

    from tradewind.stores.sql.store import SqlStore

R = TypeVar("R")
_PATIENCE = 2.0
_AT_ONCE_S: Final = 1.0
"""A connection that died earlier says so at once; one that only says so later has made people wait once already."""


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


def in_reading(store: SqlStore, question: Callable[[Connection], R]) -> R:
    """Return the answer to a question that takes no lock and changes nothing.

    After the database was away the pool still holds the connections of before: the first to be used shows it, all of
    them are let go, and the question is asked once more on a new one.

    Raises: StoreError: it could not be answered.
    """
    began_s = monotonic_s()
    try:
        return _asked(store, question)
    except DBAPIError as error:
        if not error.connection_invalidated or monotonic_s() - began_s > _AT_ONCE_S:
            raise explain(error, store.shown) from error
    except SQLAlchemyError as error:
        raise explain(error, store.shown) from error
    try:
        return _asked(store, question)
    except SQLAlchemyError as error:
        raise explain(error, store.shown) from error


def _asked(store: SqlStore, question: Callable[[Connection], R]) -> R:
    with reading(store.engine) as connection:
        return question(connection)
