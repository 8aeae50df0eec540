"""The life of a room's process on Redis: connect, hold the room's lease, find back, read, look after it.

One member of a room works, the others stand by. When the connection breaks the room keeps its state and its cursors
and goes on where it was, unless another member has taken over meanwhile: then its state is no longer the room's and
the process must end, for starting is the only way to recover.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Final

from tradewind.bus.line_order import BEGINNING, LineKey
from tradewind.bus.redis.continuity import end_turn, find_losses, is_same_life, learn_epoch
from tradewind.bus.redis.gaps import Gaps
from tradewind.bus.redis.keys import EPOCH_KEY, lease_key
from tradewind.bus.redis.lag import behind_s
from tradewind.bus.redis.lease import Lease
from tradewind.bus.redis.links import AWAY, Links
from tradewind.bus.redis.memory import MemoryWatch
from tradewind.bus.redis.ownership import Ownership
from tradewind.bus.redis.passages import OnePassage
from tradewind.bus.redis.resp import ReplyError, code_of
from tradewind.bus.redis.room_bus import MARKET, RoomBus
from tradewind.bus.redis.room_streams import mark_of
from tradewind.bus.redis.trimming import Trimmer
from tradewind.bus.topics import CLEAN_TICKS
from tradewind.errors import TakenOverError
from tradewind.kernel.clock import monotonic_s

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.bus.redis.passages import Passages
    from tradewind.bus.redis.room_streams import TopicReader
    from tradewind.bus.redis.writer import Writer
    from tradewind.bus.settings import BusSettings
    from tradewind.domain.tick import Tick
    from tradewind.kernel.metrics import Metrics

_ROUNDS_PER_LEASE: Final = 4
_TIME_TOLD_S: Final = 0.1
_LISTENERS_S: Final = 0.2
"""Seconds after which somebody who began to listen to a channel is heard of."""
_LOOK_BACK: Final = 200
"""Entries looked at from the newest for one that carries a place: others may have written there too."""
_TICKS_BACK: Final = 20_000
"""Ticks in which the market looks for the last one of each instrument."""
_ENTRIES_AT_ONCE: Final = 500


class RoomSession:
    """A service (`kernel.service`): `run` keeps the room on Redis until cancelled."""

    name = "bus"

    def __init__(
        self,
        bus: RoomBus,
        *,
        settings: BusSettings,
        metrics: Metrics,
        writer: Writer,
        lease: Lease | None = None,
        passages: Passages | None = None,
    ) -> None:
        """Work under `lease` where it is lent, for one shard of several; otherwise under one of the session's own.

        `passages` is told where a replay may go back.

        Raises: ConfigError: the url is none.
        """
        self._bus = bus
        self._settings = settings
        self._metrics = metrics
        self._writer = writer
        self._passages = passages or OnePassage()
        self.links = Links(bus.room, settings=settings, writer=writer, readers=(bus.reader,))
        self._lease = lease or Lease(room_ownership(bus.room, member=self.links.member, shards=1, settings=settings), 0)
        self._gaps = gaps = Gaps(writer, metrics)
        events = {} if bus.packing is None else bus.packing.counters()
        self._trimmers = [
            Trimmer(output.key.decode(), settings=settings, gaps=gaps, events=events.get(output.key))
            for output in bus.outputs
        ]
        self._has_worked = False
        self._epoch = ""
        self._memory = MemoryWatch()
        self._working = asyncio.Event()
        self.on_last_ticks: Callable[[list[Tick]], None] = lambda _ticks: None
        """Told the last tick of each instrument before the market begins to work."""
        bus.may_work = self._lease.holds
        bus.on_trouble = self.links.lose

    async def wait_working(self) -> None:
        """Wait until this member works for its room."""
        await self._working.wait()

    async def run(self) -> None:
        """Stay connected until cancelled.

        Raises:
            ConfigError: Redis will not have us.
            TakenOverError: another process has taken the room over.
        """
        await self.links.stay_connected(self._live, self._metrics)

    async def leave(self) -> None:
        """Write what is under way and give the lease back: a stop, not a crash."""
        self._bus.stop_taking()
        with contextlib.suppress(*AWAY):
            async with asyncio.timeout(self._settings.stop_s):
                await self._writer.confirmed()
                await self._lease.release(self.links.control)

    async def _live(self) -> None:
        await self._passages.wait_begun(self.links.control)
        await self._get_lease()
        await self._find_back()
        await self._look_for_losses()
        await self.links.write()
        if self._has_worked:
            self._bus.tell_again()
        self._has_worked = True
        await self.links.read()
        self._working.set()
        await self._look_after()

    async def _get_lease(self) -> None:
        """Wait until the room is ours."""
        pause_s = self._settings.reclaim_idle_s / _ROUNDS_PER_LEASE
        while not await self._lease.take(self.links.control):
            if self._has_worked and not self._lease.is_lent:
                # What was played meanwhile would follow on what the other has written, under numbers it has used.
                message = f"another process has taken over {self._bus.room}; this one must start anew"
                raise TakenOverError(message)
            self.links.enter("standby", f"another process runs {self._bus.room}")
            await self.links.nap(pause_s)
        await self._passages.enter(self.links.control, self._lease.renew)

    async def _keep_lease(self) -> None:
        """Renew it; one that had lapsed was perhaps another's meanwhile, which shows in what is written."""
        await self._lease.renew(self.links.control)
        if not self._lease.holds():
            await self._get_lease()
            await self._find_back()
            self.links.enter("connected", "")
        self._bus.reader.go_on()

    async def _find_back(self) -> None:
        """Learn what this room has written; more than we know of means that somebody else wrote it."""
        mark = await self._newest_mark()
        if self._has_worked:
            if mark > self._bus.mark:
                message = f"another process has taken over {self._bus.room}; this one must start anew"
                raise TakenOverError(message)
            return
        if self._bus.room == MARKET:
            self.on_last_ticks(await self._last_ticks())
            return
        last = {output.topic.name: await self._newest_place(output) for output in self._bus.outputs}
        self._bus.resume_after(last, mark)

    async def _look_for_losses(self) -> None:
        """Find out whether Redis still has what was read of it; what it has not is a gap, and the room goes on."""
        control = self.links.control
        epoch = await learn_epoch(control)
        losses = await find_losses(control, self._bus.read_to(), reader=self._bus.room, known=self._epoch, epoch=epoch)
        for loss in losses:
            self._gaps.report(loss)
        if losses and not is_same_life(self._epoch, epoch):
            self._bus.read_anew()
        if epoch == self._epoch and any(loss.reason == "stream_lost" for loss in losses):
            epoch = await end_turn(control, epoch)
        self._epoch = epoch

    async def _newest_mark(self) -> LineKey:
        """Return the newest mark of the room, whether it was written by itself or rode with its events."""
        newest = BEGINNING
        if self._bus.room == MARKET:
            return newest
        (key,) = self._bus.own_mark_keys
        for _, fields in await self._newest(key, 1):
            newest = mark_of(fields) or newest
        for output in self._bus.outputs:
            for _, fields in await self._newest(output.key, 1):
                newest = max(newest, output.mark_in(fields))
        return newest

    async def _newest_place(self, output: TopicReader) -> LineKey:
        for count in (1, _LOOK_BACK):
            for _, fields in await self._newest(output.key, count):
                if place := output.place_of(fields):
                    return place
        return BEGINNING

    async def _last_ticks(self) -> list[Tick]:
        """Return the last tick of each instrument among the newest so many of each shard."""
        last: dict[str, Tick] = {}
        for output in self._bus.outputs:
            if output.topic is CLEAN_TICKS:
                await self._look_back(output, last)
        return list(last.values())

    async def _look_back(self, output: TopicReader, last: dict[str, Tick]) -> None:
        """Note the last tick of each instrument of a stream; its newest ticks may be few entries of many ticks."""
        until, seen = b"+", 0
        while seen < _TICKS_BACK:
            entries = await self._newest(output.key, _ENTRIES_AT_ONCE, until)
            for entry in entries:
                ticks = [tick for _, tick in output.read([entry])]
                seen += len(ticks)
                for tick in reversed(ticks):
                    last.setdefault(tick.instrument_id, tick)
            if len(entries) < _ENTRIES_AT_ONCE:
                break
            until = b"(" + entries[-1][0]

    async def _newest(self, key: str | bytes, count: int, until: bytes = b"+") -> list[Any]:
        entries: list[Any] = await self.links.control.call("XREVRANGE", key, until, "-", "COUNT", count)
        return entries

    async def _look_after(self) -> None:
        looked_s = trimmed_s = monotonic_s()
        is_market = self._bus.room == MARKET
        round_s = self._settings.reclaim_idle_s / _ROUNDS_PER_LEASE
        nap_s = _TIME_TOLD_S if is_market else min(round_s, _LISTENERS_S, self._passages.look_s)
        while True:
            await self.links.nap(nap_s)
            await self._passages.look(self.links.control)
            if is_market:
                self._bus.tell_time()
            await self._look_who_listens()
            now_s = monotonic_s()
            if now_s - looked_s >= round_s:
                looked_s = now_s
                await self._keep_lease()
                self._writer.take_care(is_nearly_full=await self._memory.is_nearly_full(self.links.control))
                await self._notice_another_epoch()
                await self._tell_position()
                self._metrics.bus_behind_s.set(
                    await behind_s(self.links.control, self._bus.positions()), self._bus.room
                )
            if now_s - trimmed_s >= self._settings.trim_s:
                trimmed_s = now_s
                for trimmer in self._trimmers:
                    await trimmer.trim(self.links.control)

    async def _notice_another_epoch(self) -> None:
        """Redis may lose its data and keep its connections: then nobody would tell us but the epoch."""
        raw = await self.links.control.call("GET", EPOCH_KEY)
        if raw is None or raw.decode() != self._epoch:
            await self._look_for_losses()
            self._bus.tell_again()

    async def _look_who_listens(self) -> None:
        """Find out who hears the channels beside our streams: telling nobody costs as much as telling somebody."""
        packing = self._bus.packing
        if packing is None or not packing.channels:
            return
        told = await self.links.control.call("PUBSUB", "NUMSUB", *packing.channels)
        packing.overheard = frozenset(
            packing.channels[name] for name, count in zip(told[::2], told[1::2], strict=True) if count
        )

    async def _tell_position(self) -> None:
        """Move the room's group on each input to where it is safe: lag is seen there, and trimming waits for it."""
        cursors = self._bus.positions()
        if self._writer.spooled:
            return
        call, group = self.links.control.call, self._bus.room
        for key, cursor in cursors.items():
            try:
                await call("XGROUP", "SETID", key, group, cursor)
            except ReplyError as error:
                if code_of(error) not in {"NOGROUP", "ERR"}:
                    raise
                await call("XGROUP", "CREATE", key, group, cursor, "MKSTREAM")


def room_lease(room: str, shard: int) -> str:
    """Return the key that says who works for a shard of a room of the line."""
    return lease_key(_group(room), shard)


def _group(room: str) -> str:
    return f"line:{room}"


def room_ownership(room: str, *, member: str, shards: int, settings: BusSettings) -> Ownership:
    """Return what holds the leases of a room of the line."""
    return Ownership(_group(room), member=member, shards=shards, lease_s=settings.reclaim_idle_s, is_broadcast=False)
