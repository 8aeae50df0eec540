"""A real push service on a free port, with a bus to publish on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import websockets

from push_builders import EPOCH, FakeGate
from tradewind.bus.desk_topics import ORDERS
from tradewind.bus.topics import CLEAN_TICKS, OPPORTUNITIES, SIGNALS
from tradewind.domain.rights import Principal
from tradewind.kernel.metrics import Metrics
from tradewind.push import PushService, PushSettings

from fakes import RaisingBus

TOKEN = {"Authorization": "Bearer li"}


class Serving:
    """The service under test and its surroundings."""

    def __init__(self, epoch: str = EPOCH, principal: Principal | None = None, **changes: Any) -> None:
        """Take everybody who proves who they are for `principal`, if there is one."""
        self.metrics = Metrics()
        self.gate = FakeGate(principal)
        self.bus = bus = RaisingBus()
        self.tick = bus.publisher(CLEAN_TICKS)
        self.signal = bus.publisher(SIGNALS)
        self.opportunity = bus.publisher(OPPORTUNITIES)
        self.order = bus.publisher(ORDERS)
        self.service = PushService(
            settings=PushSettings(**{"port": 0, "drain_s": 0.5, **changes}),
            bus=bus,
            metrics=self.metrics,
            gate=self.gate,
            epoch=epoch,
            system_status=lambda: {"services": "up"},
        )
        self.service.attach()
        self.port = 0
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self.service.run())
        self.port = await self.service.wait_listening()

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def connect(self, path: str = "/ws", **options: Any) -> websockets.connect:
        return websockets.connect(
            f"ws://127.0.0.1:{self.port}{path}",
            **{"additional_headers": TOKEN, "compression": None, "proxy": None, **options},
        )


@asynccontextmanager
async def serving(**changes: Any) -> AsyncIterator[Serving]:
    """Serve with these settings changed."""
    server = Serving(**changes)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


async def hear(client: websockets.ClientConnection, kind: str) -> dict[str, Any]:
    """Read messages until one of this type comes; return it."""
    while True:
        message: dict[str, Any] = json.loads(await asyncio.wait_for(client.recv(), 5))
        if message["type"] == kind:
            return message


async def say(client: websockets.ClientConnection, **fields: Any) -> None:
    """Send one command."""
    await client.send(json.dumps(fields))
