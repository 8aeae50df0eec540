"""Answers people's questions about the record, away from the loop and from the journal's writer.

A bounded number of threads asks; more questions wait for their turn. Reading takes no lock that a writer would feel.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import func, select

from tradewind.stores.sql.asked import page_of, statement, totals_of, totals_statement
from tradewind.stores.sql.record_tables import EQUITY_POINTS
from tradewind.stores.sql.transactions import in_reading

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from sqlalchemy import Select

    from tradewind.domain.rights import Reach
    from tradewind.stores.asking import Ask, Page, Totals
    from tradewind.stores.sql.store import SqlStore


class SqlRecords:
    """`stores.asking.Records` on one store."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self._threads = ThreadPoolExecutor(store.settings.connections, thread_name_prefix="records")

    async def page(self, ask: Ask, reach: Reach) -> Page:
        """Return one page. Raises as the port says."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self.page_now, ask, reach)

    async def totals(self, ask: Ask, reach: Reach) -> Totals:
        """Return what all rows that fit come to. Raises as the port says."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self.totals_now, ask, reach)

    async def export(self, ask: Ask, reach: Reach) -> AsyncIterator[list[dict[str, Any]]]:
        """Yield all rows from there on, a page at a time; a slow reader holds no connection."""
        while True:
            page = await self.page(ask, reach)
            if page.rows:
                yield page.rows
            if not page.next:
                return
            ask = msgspec.structs.replace(ask, after=page.next)

    async def daily_equity(self, account_id: str, book: str = "") -> list[dict[str, Any]]:
        """Return the last point of each trading day of an account or one of its books, the oldest first."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._daily, account_id, book)

    def page_now(self, ask: Ask, reach: Reach) -> Page:
        """Return one page, waiting for it: for threads and the command line. Raises as the port says."""
        return page_of(ask, self._rows(statement(ask, reach)))

    def totals_now(self, ask: Ask, reach: Reach) -> Totals:
        """Return what all rows that fit come to, as `page_now`."""
        (row,) = self._rows(totals_statement(ask, reach))
        return totals_of(ask, row)

    def export_now(self, ask: Ask, reach: Reach) -> Iterator[list[dict[str, Any]]]:
        """Yield all rows from there on, a page at a time, as `page_now`."""
        while True:
            page = self.page_now(ask, reach)
            if page.rows:
                yield page.rows
            if not page.next:
                return
            ask = msgspec.structs.replace(ask, after=page.next)

    def close(self) -> None:
        """End the threads; questions under way are answered first."""
        self._threads.shutdown()

    def _daily(self, account_id: str, book: str) -> list[dict[str, Any]]:
        points = EQUITY_POINTS
        ours = (points.c.account_id == account_id, points.c.book == book)
        last = select(func.max(points.c.ts)).where(*ours).group_by(points.c.trading_day)
        found = select(points).where(*ours, points.c.ts.in_(last)).order_by(points.c.ts)
        return [dict(row._mapping) for row in self._rows(found)]  # noqa: SLF001 - SQLAlchemy's public name for it

    def _rows(self, found: Select[Any]) -> list[Any]:
        return in_reading(self._store, lambda connection: list(connection.execute(found).all()))
