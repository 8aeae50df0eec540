"""A module of ours in this process, before a server that a test holds in its hands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from fleet_fetcher import FileFetcher
from system_002_server import HASH
from tradewind.collector.module import Module
from tradewind.collector.module_places import Places
from tradewind.collector.ports import JobKind
from tradewind.collector.quotes_kind import QuotesKind
from tradewind.collector.settings import ModuleSettings
from tradewind.kernel.clock import Clock, SystemClock
from tradewind.kernel.rng import named_rng


def module_settings(port: int, **changed: Any) -> ModuleSettings:
    """Return settings as quick as a test is."""
    quick: dict[str, Any] = {
        "server_port": port,
        "heartbeat_s": 0.05,
        "silence_s": 2.0,
        "retry_scale": 0.02,
        "confirm_s": 2.0,
        "stop_s": 0.5,
    }
    return ModuleSettings(**(quick | changed))


class AtWork:
    """A module and what it works with."""

    def __init__(self, home: Path, port: int, *, clock: Clock | None = None, **changed: Any) -> None:
        self.places = Places(home)
        self.fetcher = FileFetcher(home / "fetcher")
        self.settings = module_settings(port, **changed)
        self.clock = clock or SystemClock()
        self.kinds: dict[str, JobKind] = {"quotes": QuotesKind(self.fetcher)}
        self.module: Module
        self.task: asyncio.Task[None]
        if not self.places.hash_file.exists():
            self.places.write_hash(HASH)

    def start(self) -> None:
        rng = named_rng(1, "module")
        self.module = Module(self.settings, self.places, self.kinds, clock=self.clock, rng=rng)
        self.task = asyncio.create_task(self.module.run())

    async def end(self) -> None:
        self.module.stop()
        await self.task

    async def kill(self) -> None:
        """End it where it stands, as a kill does: nothing is drained, told or put down any more."""
        self.module.jobs._journal.close()
        self.task.cancel()
        with suppress(asyncio.CancelledError, BaseExceptionGroup):
            await self.task

    def hold(self) -> None:
        """Let fetches wait."""
        (self.fetcher.folder / "wait").touch()

    def release(self) -> None:
        (self.fetcher.folder / "wait").unlink()


@asynccontextmanager
async def module_at_work(home: Path, port: int, **changed: Any) -> AsyncIterator[AtWork]:
    at_work = AtWork(home, port, **changed)
    at_work.start()
    try:
        yield at_work
    finally:
        await at_work.end()
