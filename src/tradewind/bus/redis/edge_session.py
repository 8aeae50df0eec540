"""The life of an edge's process on Redis: connect, begin with the newest that is kept, listen until it breaks."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from tradewind.bus.redis.keys import SPACE
from tradewind.bus.redis.links import Links
from tradewind.errors import TransientError
from tradewind.kernel.ids import new_epoch

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.bus.redis.edge_bus import EdgeBus, EdgeStream
    from tradewind.bus.redis.writer import Writer
    from tradewind.bus.settings import BusSettings
    from tradewind.kernel.metrics import Metrics

EPOCH_KEY: Final = f"{SPACE}:epoch"
"""Names the life of the streams: who finds another one there counts from another 1."""
_LOOK_S: Final = 1.0
_BEGIN_BYTES: Final = 4_194_304
"""What is read of each stream at the start weighs no more than about this, however many entries it is."""
# At one instant: the entry before the newest so many, or so heavy, and how many were ever added up to it.
_BEGIN: Final = """
if redis.call('EXISTS', KEYS[1]) == 0 then return {'0-0', 0} end
local facts, added, length = redis.call('XINFO', 'STREAM', KEYS[1]), 0, 0
for i = 1, #facts, 2 do
  if facts[i] == 'entries-added' then added = facts[i + 1] elseif facts[i] == 'length' then length = facts[i + 1] end
end
local count, heaviest, found, weight, newest = tonumber(ARGV[1]), tonumber(ARGV[2]), 0, 0, '+'
while true do
  local page = redis.call('XREVRANGE', KEYS[1], newest, '-', 'COUNT', 50)
  if #page == 0 then return {'0-0', added - length} end
  for _, entry in ipairs(page) do
    if found >= count or weight >= heaviest then return {entry[1], added - found} end
    found = found + 1
    for _, part in ipairs(entry[2]) do weight = weight + #part end
    newest = '(' .. entry[1]
  end
end
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
        self._metrics = metrics
        self._begin_with = begin_with
        self.links = Links(edge, settings=settings, writer=writer, readers=bus.readers)
        self._ready = asyncio.Event()
        self.epoch = ""
        self.on_epoch: Callable[[str], None] = lambda _epoch: None
        """Told which life of the streams is read; again when Redis has lost its data."""
        bus.on_trouble = self.links.lose

    async def wait_ready(self) -> None:
        """Wait until the newest entries have been asked for once."""
        await self._ready.wait()

    async def run(self) -> None:
        """Stay connected until cancelled.

        Raises: ConfigError: Redis will not have us.
        """
        await self.links.stay_connected(self._live, self._metrics)

    async def _live(self) -> None:
        links = self.links
        await self._learn_epoch()
        await links.write()
        await links.read()
        self._ready.set()
        while True:
            await links.nap(_LOOK_S)
            if await links.control.call("GET", EPOCH_KEY) != self.epoch.encode():
                message = f"Redis at {links.address.shown} has lost its data"
                raise TransientError(message)

    async def _learn_epoch(self) -> None:
        """Find out which life of the streams this is, and where to begin if it is a new one to us."""
        control = self.links.control
        await control.call("SET", EPOCH_KEY, new_epoch(), "NX")
        epoch = (await control.call("GET", EPOCH_KEY)).decode()
        if epoch == self.epoch:
            return
        for stream in self._bus.streams.values():
            await self._begin(stream)
        self.epoch = epoch
        self.on_epoch(epoch)

    async def _begin(self, stream: EdgeStream) -> None:
        """Put the cursor before the newest entries, and count the ones before."""
        key = stream.source.key
        cursor, ordinal = await self.links.control.call("EVAL", _BEGIN, 1, key, self._begin_with, _BEGIN_BYTES)
        self._bus.begin_at(stream, cursor, int(ordinal))
