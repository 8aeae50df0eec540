"""A whole desk on a real store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from desk_stage import MORNING_NS, Stage
from tradewind.stores.ports import Entry, Journal
from tradewind.stores.settings import StoreSettings
from tradewind.stores.sql.journal import SqlJournal
from tradewind.stores.sql.store import SqlStore


class SqlStage(Stage):
    """A stage whose journal is in a database; dying is letting go of it, what is there is what was durable."""

    def __init__(self, folder: Path, store: StoreSettings, *flags: str, begins_ns: int = MORNING_NS) -> None:
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
