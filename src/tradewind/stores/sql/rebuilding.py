"""Writes the rows of every entry of a journal again: after rows were left out, or after a table was damaged.

Nothing is removed and each row ends as its last entry says, so it may be broken off and run again. Positions, accounts
and the equity curve do not follow from single entries: the ledger offers them again at its next start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tradewind.bus.desk_topics import DESK_TOPICS
from tradewind.errors import CorruptJournalError
from tradewind.stores.chain import REMEDY
from tradewind.stores.sql import lease as leases
from tradewind.stores.sql.projecting import Projecting
from tradewind.stores.sql.reading import chunks
from tradewind.stores.sql.transactions import in_transaction

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Connection

    from tradewind.kernel.metrics import Metrics
    from tradewind.stores.sql.projections import Projections
    from tradewind.stores.sql.store import SqlStore


def rebuild(store: SqlStore, projections: Projections, metrics: Metrics) -> int:
    """Write every row again; return how many entries were read. `metrics` counts the rows left out.

    Raises:
        StoreHeldError: a process is writing this journal; stop it first.
        CorruptJournalError: an entry is not as it was written, or is no event this program knows how to read.
        StoreError: the database does not answer.
    """
    chain, settings = store.settings.chain, store.settings
    lease = in_transaction(store, lambda one: leases.take(one, chain, lease_s=settings.lease_s))
    projecting, count = Projecting(projections, metrics), 0
    decoders = {name: msgspec.json.Decoder(topic.event).decode for name, topic in DESK_TOPICS.items()}
    try:
        for rows in chunks(store.engine, chain, after=0, shown=store.shown):
            events = [(row[3], _decoded(decoders[row[3]], row)) for row in rows if row[3] in decoders]
            in_transaction(store, _writing(projecting, events))
            count += len(rows)
    finally:
        in_transaction(store, lambda one: leases.give_back(one, lease, is_sealed=lease.was_sealed))
    return count


def _writing(projecting: Projecting, events: list[tuple[str, object]]) -> Callable[[Connection], None]:
    def write(connection: Connection) -> None:
        projecting.forget()
        projecting.write(connection, events)

    return write


def _decoded(decode: Callable[[bytes], object], row: Any) -> object:  # noqa: ANN401 - a row as the driver gives it
    try:
        return decode(row[7])
    except msgspec.DecodeError as error:
        message = f"entry {row[0]} is no event of {row[3]} as this program knows it ({error}); {REMEDY}"
        raise CorruptJournalError(message) from error
