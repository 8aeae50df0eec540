"""A real quotes port on a free address, with a real gate, a real table of contracts and a bus to publish on."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx

from identity_builders import Household
from private_ports import free_port
from tradewind.api.settings import ApiSettings
from tradewind.bus.topics import CLEAN_TICKS, QUOTE_SNAPSHOTS
from tradewind.domain.tick import Tick, TickFlag
from tradewind.errors import TransientError
from tradewind.kernel.metrics import Metrics
from tradewind.market.contracts import InstrumentTable
from tradewind.quotes import BusState, QuotesService, QuotesSettings, SentTest

from builders import make_tick
from fakes import RaisingBus

IF2101 = "IF2101.CFFEX"
AU2512 = "au2512.SHFE"


class FakeTests:
    """Sends tests as the market room does: the newest quote again, with the next number and a mark."""

    def __init__(self, publish: Any) -> None:
        self._publish = publish
        self.newest: dict[str, Tick] = {}
        self.is_reachable = True
        self.is_lossy = False

    async def send(self, instrument_id: str) -> SentTest | None:
        if not self.is_reachable:
            message = "the market service does not answer"
            raise TransientError(message)
        tick = self.newest.get(instrument_id)
        if tick is None:
            return None
        test = make_tick(instrument_id=instrument_id, seq=tick.seq + 1, flags=int(TickFlag.TEST))
        if not self.is_lossy:
            self._publish(test)
        return SentTest(instrument_id, test.seq)


class QuotesWorld:
    """The service under test and its surroundings."""

    def __init__(self, folder: Path, *, access: dict[str, Any] | None = None, **changes: Any) -> None:
        self.port = free_port()
        self.metrics = Metrics()
        self.house = Household(folder, quotes_address=("127.0.0.1", self.port), **(access or {}))
        self.settings = QuotesSettings(**{"enabled": True, "port": self.port, "stop_grace_s": 1, **changes})
        self.bus = RaisingBus()
        self._publish = self.bus.publisher(CLEAN_TICKS)
        self.snapshot = self.bus.publisher(QUOTE_SNAPSHOTS)
        self.tests = FakeTests(self.publish)
        self.bus_state = BusState("local", is_connected=True)
        self.service = QuotesService(
            settings=self.settings,
            api=ApiSettings(port=8888),
            bus=self.bus,
            metrics=self.metrics,
            gate=self.house.gate,
            contracts=InstrumentTable(),
            tests=self.tests,
            bus_state=lambda: self.bus_state,
        )

    @property
    def url(self) -> str:
        """Where the port is found."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def bearer(self) -> dict[str, str]:
        """The header of a program that has the token."""
        return {"authorization": f"Bearer {self.house.token}"}

    def publish(self, tick: Tick) -> None:
        """Send a quote down the line."""
        self.tests.newest[tick.instrument_id] = tick
        self._publish(tick)

    def tick(self, seq: int, instrument_id: str = IF2101, **changes: Any) -> None:
        """Send a quote of this number."""
        self.publish(make_tick(instrument_id=instrument_id, seq=seq, **changes))


@contextlib.asynccontextmanager
async def serving_quotes(folder: Path, **changes: Any) -> AsyncIterator[tuple[QuotesWorld, httpx.AsyncClient]]:
    """Serve with these settings changed, and hand out an HTTP client of it."""
    world = QuotesWorld(folder, **changes)
    world.service.attach()
    running = asyncio.create_task(world.service.run())
    await world.service.wait_listening()
    try:
        async with httpx.AsyncClient(base_url=world.url, timeout=5) as client:
            yield world, client
    finally:
        running.cancel()
        await asyncio.wait([running])
        world.service.detach()
