"""Keeps opportunities and alerts: written together, and the oldest forgotten beyond an age and a number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select

from tradewind.stores.sql.projecting import Projecting
from tradewind.stores.sql.projections import Projections
from tradewind.stores.sql.signal_tables import ALERTS, OPPORTUNITIES
from tradewind.stores.sql.transactions import in_transaction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Column
    from sqlalchemy.engine import Connection

    from tradewind.domain.signal_record import KeptAlert, KeptOpportunity
    from tradewind.kernel.metrics import Metrics
    from tradewind.stores.sql.store import SqlStore

_TIMES: Final[tuple[Column[int], ...]] = (OPPORTUNITIES.c.created_at, ALERTS.c.ts_event)


class SqlSignalRecord:
    """Opportunities and alerts in one store; for threads, never for the line's."""

    def __init__(self, store: SqlStore, metrics: Metrics) -> None:
        self._store = store
        self._projecting = Projecting(Projections(), metrics)

    def write(self, opportunities: Sequence[KeptOpportunity], alerts: Sequence[KeptAlert]) -> None:
        """Write these as they stand now. Raises: StoreError: the database does not answer."""
        events: list[tuple[str, object]] = [("opportunities", each) for each in opportunities]
        events += [("risk_alerts", each) for each in alerts]

        def work(connection: Connection) -> None:
            self._projecting.forget()
            self._projecting.write(connection, events)

        in_transaction(self._store, work)

    def prune(self, before: int, *, most: int) -> int:
        """Forget what came before a moment (ns UTC) and, of each kind, all but the newest `most`; return how many."""

        def work(connection: Connection) -> int:
            gone = 0
            for time in _TIMES:
                last = connection.execute(select(time).order_by(time.desc()).offset(most).limit(1)).scalar()
                limit = before if last is None else max(before, last + 1)
                gone += connection.execute(delete(time.table).where(time < limit)).rowcount
            return gone

        return in_transaction(self._store, work)
