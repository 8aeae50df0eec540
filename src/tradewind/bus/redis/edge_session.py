"""The life of an edge's process on Redis: connect, begin with the newest that is kept, listen until it breaks."""

from __future__ import annotations

import asyncio
from itertools import count
from typing import TYPE_CHECKING, Final

from tradewind.bus.line_order import BEGINNING
from tradewind.bus.redis.continuity import end_turn, find_losses, learn_epoch
from tradewind.bus.redis.gaps import Gaps
from tradewind.bus.redis.keys import EPOCH_KEY
from tradewind.bus.redis.lag import behind_s
from tradewind.bus.redis.links import Links
from tradewind.bus.redis.passages import OnePassage
from tradewind.errors import TransientError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tradewind.bus.redis.cursor_reader import Batch
    from tradewind.bus.redis.edge_bus import EdgeBus, EdgeStream
    from tradewind.bus.redis.passages import Passages
    from tradewind.bus.redis.places import Places
    from tradewind.bus.redis.writer import Writer
    from tradewind.bus.settings import BusSettings
    from tradewind.kernel.metrics import Metrics

_LOOK_S: Final = 1.0
_LAG_LOOKS: Final = 5
"""An edge reads many streams, and how far it is behind is looked at one stream after another."""
_BEGIN_BYTES: Final = 4_194_304
"""What is read of each stream at the start weighs no more than about this, however many entries it is."""
_ALL: Final = -1
"""Of a copy of the record everything is read that is kept: every live value is among it (`runtime.desk.copies`)."""
# At one instant: the entry before the newest so many, or so heavy, and how many were ever added up to it.
_BEGIN: Final = """
if redis.call('EXISTS', KEYS[1]) == 0 then return {'0-0', 0} end
local facts, added, length = redis.call('XINFO', 'STREAM', KEYS[1]), 0, 0
for i = 1, #facts, 2 do
  if facts[i] == 'entries-added' then added = facts[i + 1] elseif facts[i] == 'length' then length = facts[i + 1] end
end
if tonumber(ARGV[1]) < 0 then return {'0-0', added - length} end
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


async def _at_once() -> None:
    """Wait for nothing."""


class EdgeSession:
    """A service (`kernel.service`): `run` keeps the edge on Redis until cancelled."""

    name = "bus"

    def __init__(
        self,
        bus: EdgeBus,
        *,
        edge: str,
        settings: BusSettings,
        metrics: Metrics,
        writer: Writer,
        begin_with: int,
        passages: Passages | None = None,
    ) -> None:
        """Begin with the newest `begin_with` entries of each stream; `passages` is told where a replay may go back.

        Raises: ConfigError: the url is none.
        """
        self._bus = bus
        self._metrics = metrics
        self._begin_with = begin_with
        self._edge = edge
        self._passages = passages or OnePassage()
        self._gaps = Gaps(writer, metrics)
        self.links = Links(edge, settings=settings, writer=writer, readers=bus.readers)
        self._ready = asyncio.Event()
        self.epoch = ""
        self.on_epoch: Callable[[str], None] = lambda _epoch: None
        """Told which life of the streams is read; again when Redis has lost its data."""
        self.on_passage: Callable[[], None] = lambda: None
        """Told when the line begins anew because a replay goes back: what was heard of it is no more."""
        self.places: Places | None = None
        """Where somebody keeps how far it has come, so that it begins there instead of with the newest entries."""
        self.before_reading: Callable[[], Awaitable[None]] = _at_once
        self.on_reading: Callable[[], Awaitable[None]] = _at_once
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
        if await self._passages.wait_begun(links.control):
            self._forget()
        self._bus.is_deaf = False
        await self.before_reading()
        await self._learn_epoch()
        await links.write()
        await links.read()
        self._ready.set()
        await self.on_reading()
        for looks in count():
            if looks % _LAG_LOOKS == 0:
                self._metrics.bus_behind_s.set(await behind_s(links.control, self._bus.cursors()), self._edge)
            await links.nap(min(_LOOK_S, self._passages.look_s))
            if await self._passages.look(links.control):
                await self._hear_anew()
            if await links.control.call("GET", EPOCH_KEY) != self.epoch.encode():
                message = f"Redis at {links.address.shown} has lost its data"
                raise TransientError(message)

    async def _hear_anew(self) -> None:
        """Hear nothing until the line has begun anew, and then nothing but that."""
        self._bus.is_deaf = True
        if await self._passages.wait_begun(self.links.control):
            self._forget()
            await self._learn_epoch()
        self._bus.is_deaf = False
        for reader in self._bus.readers:
            reader.go_on()

    def _forget(self) -> None:
        """Forget what was heard and counted: it is of a time ahead by now, and that it is gone is no loss."""
        self.epoch = ""
        # An answer that waits to be taken may still be of the time before.
        self._bus.begun = (self._passages.begun_ms, 0)
        self.on_passage()

    async def _learn_epoch(self) -> None:
        """Find out which life of the streams this is, and where to begin if what was counted counts no more."""
        epoch = await learn_epoch(self.links.control)
        losses = await find_losses(
            self.links.control, self._bus.cursors(), reader=self._edge, known=self.epoch, epoch=epoch
        )
        for loss in losses:
            self._gaps.report(loss)
        if epoch == self.epoch and any(loss.reason == "stream_lost" for loss in losses):
            epoch = await end_turn(self.links.control, epoch)
        if epoch == self.epoch and not losses:
            return
        for stream in self._bus.streams.values():
            await self._begin(stream)
        kept = await self._kept() if self.epoch else []
        self.epoch = epoch
        self.on_epoch(epoch)
        # At once, so that nobody who comes back meanwhile is sent as news what was there before.
        if kept:
            self._bus.take(kept)

    async def _kept(self) -> Batch:
        """Read what is kept after the cursors, and move these to its end."""
        cursors, batch = self._bus.cursors(), []
        for key in self._bus.streams:
            entries = await self.links.control.call("XRANGE", key, b"(" + cursors[key], "+")
            if entries:
                batch.append((key, entries))
        for key, entries in batch:
            self._bus.stand_at(key, entries[-1][0])
        return batch

    async def _begin(self, stream: EdgeStream) -> None:
        """Put the cursor before the newest entries, and count the ones before."""
        key, call = stream.source.key, self.links.control.call
        count = _ALL if stream.is_copy else self._begin_with
        cursor, ordinal = await call("EVAL", _BEGIN, 1, key, count, _BEGIN_BYTES)
        if self.places is not None and (place := await self.places.find(key, call)) is not None:
            cursor = place
        self._bus.begin_at(stream, cursor, int(ordinal))
        stream.newest = BEGINNING
