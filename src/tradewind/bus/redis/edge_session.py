"""The life of an edge's process on Redis: connect, begin with the newest that is kept, listen until it breaks, again."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING, Final

from tradewind.bus.redis.address import parse_address
from tradewind.bus.redis.control import Control
from tradewind.bus.redis.keys import SPACE
from tradewind.bus.redis.link import open_link
from tradewind.bus.redis.resp import ReplyError
from tradewind.errors import TransientError
from tradewind.kernel.backoff import Backoff
from tradewind.kernel.clock import monotonic_s
from tradewind.kernel.ids import new_epoch
from tradewind.kernel.log import get_log
from tradewind.kernel.rng import named_rng

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.bus.redis.edge_bus import EdgeBus, EdgeStream
    from tradewind.bus.redis.link import Gets, Link
    from tradewind.bus.redis.writer import Writer
    from tradewind.bus.settings import BusSettings
    from tradewind.kernel.metrics import Metrics

EPOCH_KEY: Final = f"{SPACE}:epoch"
"""Names the life of the streams: who finds another one there counts from another 1."""
_LOG = get_log("bus.redis")
_AWAY: Final = (TransientError, OSError, TimeoutError, ReplyError)
_LOOK_S: Final = 1.0
# At one instant: the entry before the newest so many, and how many were ever added up to it.
_BEGIN: Final = """
if redis.call('EXISTS', KEYS[1]) == 0 then return {'0-0', 0} end
local facts, added, length = redis.call('XINFO', 'STREAM', KEYS[1]), 0, 0
for i = 1, #facts, 2 do
  if facts[i] == 'entries-added' then added = facts[i + 1] elseif facts[i] == 'length' then length = facts[i + 1] end
end
local count = tonumber(ARGV[1])
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', count + 1)
if #newest > count then return {newest[#newest][1], added - count} end
return {'0-0', added - length}
"""


class EdgeSession:
    """A service (`kernel.service`): `run` keeps the edge on Redis until cancelled."""

    name = "bus"

    def __init__(
        self, bus: EdgeBus, *, edge: str, settings: BusSettings, metrics: Metrics, writer: Writer, begin_with: int
    ) -> None:
        """Begin with the newest `begin_with` entries of each stream.

        Raises: ConfigError: the url is none.
        """
        self._bus = bus
        self._edge = edge
        self._settings = settings
        self._metrics = metrics
        self._writer = writer
        self._begin_with = begin_with
        self._address = parse_address(settings.url, password=settings.password)
        self.member = settings.member or f"{socket.gethostname()}-{new_epoch()}"
        self._control = Control(timeout_s=settings.timeout_s)
        self._backoff = Backoff(named_rng(0, "bus.edge", self.member), scale=settings.retry_scale)
        self._links: list[Link] = []
        self._lost = ""
        self._wake = asyncio.Event()
        self._ready = asyncio.Event()
        self.epoch = ""
        self.on_epoch: Callable[[str], None] = lambda _epoch: None
        """Told which life of the streams is read; again when Redis has lost its data."""
        self.state = "connecting"
        self.reason = ""
        bus.on_trouble = self._lose

    async def wait_ready(self) -> None:
        """Wait until the newest entries have been asked for once."""
        await self._ready.wait()

    async def run(self) -> None:
        """Connect again and again until cancelled.

        Raises: ConfigError: Redis will not have us.
        """
        try:
            while True:
                try:
                    await self._connected()
                except _AWAY as error:
                    self._enter("degraded", str(error) or f"Redis at {self._address.shown} does not answer")
                self._metrics.bus_reconnects.add()
                await asyncio.sleep(min(self._backoff.next_wait_s(), self._settings.retry_max_s))
        finally:
            self._enter("stopped", "")

    async def _connected(self) -> None:
        try:
            self._lost = ""
            self._control.attach(await self._open("control", self._control.drain))
            await self._learn_epoch()
            self._writer.attach(await self._open("writer", self._writer.drain, self._writer.flush))
            self._bus.reader.attach(await self._open("reader", self._bus.reader.drain))
            self._backoff.reset()
            self._enter("connected", "")
            self._ready.set()
            await self._look_after()
        finally:
            self._close()

    async def _learn_epoch(self) -> None:
        """Find out which life of the streams this is, and where to begin if it is a new one to us."""
        await self._control.call("SET", EPOCH_KEY, new_epoch(), "NX")
        epoch = (await self._control.call("GET", EPOCH_KEY)).decode()
        if epoch == self.epoch:
            return
        for stream in self._bus.streams.values():
            await self._begin(stream)
        self.epoch = epoch
        self.on_epoch(epoch)

    async def _begin(self, stream: EdgeStream) -> None:
        """Put the cursor before the newest entries, and count the ones before."""
        key = stream.source.key
        cursor, ordinal = await self._control.call("EVAL", _BEGIN, 1, key, self._begin_with)
        self._bus.reader.cursors[key] = cursor
        stream.ordinal = int(ordinal)

    async def _look_after(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_S):
                    await self._wake.wait()
            self._wake.clear()
            if self._lost:
                message = f"lost the connection to Redis at {self._address.shown} ({self._lost})"
                raise TransientError(message)
            silent_s = self._bus.reader.silent_s()
            if silent_s > self._settings.timeout_s:
                message = f"Redis at {self._address.shown} has been silent for {silent_s:.1f} s"
                raise TransientError(message)
            if await self._control.call("GET", EPOCH_KEY) != self.epoch.encode():
                message = f"Redis at {self._address.shown} has lost its data"
                raise TransientError(message)

    async def _open(self, name: str, drain: Callable[[Gets], None], on_room: Callable[[], None] | None = None) -> Link:
        link = await open_link(
            self._address,
            name=f"{self._edge}.{name}|{self.member}",
            timeout_s=self._settings.timeout_s,
            drain=drain,
            on_lost=lambda: self._lose(f"link {name} closed"),
            on_room=on_room,
        )
        self._links.append(link)
        return link

    def _lose(self, reason: str) -> None:
        self._lost = self._lost or reason
        self._wake.set()

    def _close(self) -> None:
        self._lost = self._lost or "closed"
        self._writer.detach()
        self._bus.reader.detach()
        self._control.detach()
        links, self._links = self._links, []
        for link in links:
            link.close()

    def _enter(self, state: str, reason: str) -> None:
        if (state, reason) != (self.state, self.reason):
            level = _LOG.warning if state == "degraded" else _LOG.info
            level("bus_state_changed", edge=self._edge, state=state, reason=reason, address=self._address.shown)
        self.state, self.reason = state, reason
