"""The whole desk on a real store, SQLite and MariaDB: a week with a death in it, every cent and every row."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from desk_stage import Stage
from desk_week import FLAGS, SUNDAY_EVENING_NS, check_week, play_week
from tradewind.domain.rights import EVERYTHING
from tradewind.stores.asking import Ask
from tradewind.stores.ports import Entry, Journal
from tradewind.stores.settings import StoreSettings
from tradewind.stores.sql.journal import SqlJournal
from tradewind.stores.sql.queries import SqlRecords
from tradewind.stores.sql.store import SqlStore


class SqlStage(Stage):
    """A stage whose journal is in a database; dying is letting go of it, what is there is what was durable."""

    def __init__(self, folder: Path, store: StoreSettings, *flags: str, begins_ns: int) -> None:
        self._store = store
        self._post: Callable[..., Any] = asyncio.get_running_loop().call_soon_threadsafe
        super().__init__(folder, *flags, begins_ns=begins_ns)

    def again(self) -> None:
        self.rooms.close("it died")
        self.sql.close()
        self.journal = self._new_journal([])
        self.rooms, self.office = self._begin()

    async def settled(self) -> None:
        while self.journal.durable_seq < self.journal.last_seq:
            assert self.journal.failure is None
            await asyncio.sleep(0.005)

    @property
    def sql(self) -> SqlJournal:
        assert isinstance(self.journal, SqlJournal)
        return self.journal

    def _new_journal(self, entries: list[Entry]) -> Journal:
        assert not entries
        journal = SqlJournal(SqlStore(self._store, self.folder), clock=self.clock, post=self._post)
        journal.open()
        return journal


async def test_a_week_on_the_store_ends_with_every_cent_accounted_for_and_its_rows_in_the_tables(
    settings: StoreSettings, tmp_path: Path
) -> None:
    stage = SqlStage(tmp_path, settings, *FLAGS, begins_ns=SUNDAY_EVENING_NS)
    week = await play_week(stage)
    await check_week(stage, week)
    fills = {fill.key: fill for fill in week.fills()}
    stage.rooms.close("the week is over")
    stage.sql.close()

    store = SqlStore(settings, tmp_path)
    records = SqlRecords(store)
    trades = (await records.page(Ask(view="trades", limit=1_000), EVERYTHING)).rows
    assert len(trades) == len(fills)
    assert sum(row["volume"] for row in trades) == sum(fill.quantity for fill in fills.values())
    unknown = [row for row in trades if row["commission"] is None]
    assert not unknown, (len(unknown), len(trades))
    orders = (await records.page(Ask(view="orders", limit=1_000), EVERYTHING)).rows
    assert {row["status"] for row in orders} <= {"filled", "refused", "cancelled"}
    (account,) = (await records.page(Ask(view="accounts"), EVERYTHING)).rows
    assert account["margin"] == Decimal(0)
    store.close()
