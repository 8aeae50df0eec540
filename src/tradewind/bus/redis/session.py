"""One life of the connection: open the links, then look after leases, lanes and lengths until something breaks.

Any link lost, silent or garbled ends the whole session; the bus then waits and begins a new one. So there is one way
to start, and it is the way to recover.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from tradewind.bus.redis.keys import BROADCAST_MARK, presence_key
from tradewind.bus.redis.link import open_link
from tradewind.bus.redis.memory import MemoryWatch
from tradewind.bus.redis.sentinel import locate
from tradewind.bus.redis.takeover import Takeover
from tradewind.errors import TransientError
from tradewind.kernel.clock import monotonic_s

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.bus.redis.address import RedisAddress
    from tradewind.bus.redis.channels import Channels
    from tradewind.bus.redis.control import Control
    from tradewind.bus.redis.gaps import Gaps
    from tradewind.bus.redis.link import Gets, Link
    from tradewind.bus.redis.reader import GroupReader
    from tradewind.bus.redis.trimming import Trimmer
    from tradewind.bus.redis.writer import Writer
    from tradewind.bus.settings import BusSettings
    from tradewind.kernel.metrics import Metrics

LOOKS: Final = 4
"""Looks at the length of our streams while `max_len` entries are written."""
_ROUNDS_PER_LEASE: Final = 4
_UNBLOCK_AGAIN_S: Final = 0.02


class Session:
    """Connected links and the round that tends them."""

    def __init__(
        self,
        *,
        address: RedisAddress,
        member: str,
        settings: BusSettings,
        metrics: Metrics,
        writer: Writer,
        control: Control,
        channels: Channels,
        groups: dict[str, GroupReader],
        trimmers: dict[str, Trimmer],
        gaps: Gaps,
    ) -> None:
        self._configured = self._address = address
        self._member = member
        self._settings = settings
        self._metrics = metrics
        self._writer = writer
        self._control = control
        self._channels = channels
        self._groups = groups
        self._trimmers = trimmers
        self._gaps = gaps
        self._memory = MemoryWatch()
        self._links: list[Link] = []
        self._read: set[str] = set()
        self._lost = ""
        self._is_leaving = False
        self._changes = 0
        self._wake = asyncio.Event()
        self._trimmed_s = monotonic_s()

    def wake(self) -> None:
        """Begin the next round now."""
        self._wake.set()

    def follow(self) -> None:
        """Somebody subscribed: hold what readers of this process are about to listen to until they do."""
        self._changes += 1
        self._writer.is_subscribing = True
        self._wake.set()

    async def run(self, on_ready: Callable[[], None]) -> None:
        """Connect, call `on_ready` when everything is read and written, look after it until it breaks.

        Raises:
            ConfigError: Redis will not have us.
            TransientError, OSError, TimeoutError, ReplyError: it is away, or went away.
        """
        try:
            self._address = await locate(self._configured, timeout_s=self._settings.timeout_s)
            self._control.attach(await self._open("control", self._control.drain))
            self._channels.attach(await self._open("channels", self._channels.drain))
            self._writer.is_subscribing = True
            # What state Redis is in has to be seen yet.
            self._writer.take_care(is_nearly_full=True)
            self._writer.attach(await self._open("writer", self._writer.drain, self._writer.flush))
            await self._round()
            on_ready()
            while True:
                await self._nap()
                if self._lost:
                    break
                await self._round()
            message = f"lost the connection to Redis at {self._address.shown} ({self._lost})"
            raise TransientError(message)
        finally:
            self._close()

    async def leave(self) -> None:
        """Give back every lease and the places of broadcast groups: a stop, not a crash."""
        self._is_leaving = True
        for reader in self._groups.values():
            await self._quiet(reader)
        await self._writer.confirmed()
        await self._channels.passed()
        for reader in self._groups.values():
            await reader.ownership.release(self._control, reader.ownership.held, is_leaving=True)
            if BROADCAST_MARK in reader.group:
                for lane in reader.lanes.values():
                    await self._control.call("XGROUP", "DESTROY", lane.key, reader.group)

    async def _open(self, name: str, drain: Callable[[Gets], None], on_room: Callable[[], None] | None = None) -> Link:
        link = await open_link(
            self._address,
            name=f"{name}|{self._member}",
            timeout_s=self._settings.timeout_s,
            drain=drain,
            on_lost=lambda: self._lose(name),
            on_room=on_room,
        )
        self._links.append(link)
        return link

    def _lose(self, link: str) -> None:
        self._lost = self._lost or f"link {link} closed"
        self._control.detach()
        self._wake.set()

    def _close(self) -> None:
        self._lost = self._lost or "closed"
        self._writer.detach()
        self._channels.detach()
        self._control.detach()
        for reader in self._groups.values():
            reader.detach()
        for link in self._links:
            link.close()

    async def _nap(self) -> None:
        try:
            async with asyncio.timeout(min(self._settings.reclaim_idle_s / _ROUNDS_PER_LEASE, self._settings.trim_s)):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _round(self) -> None:
        self._wake.clear()
        changes = self._changes
        self._look_for_silence()
        self._channels.ping()
        self._writer.take_care(is_nearly_full=await self._memory.is_nearly_full(self._control))
        for reader in list(self._groups.values()):
            if not self._is_leaving:
                await self._tend(reader)
        await self._trim()
        if self._writer.is_subscribing and changes == self._changes:
            await self._listening()
            self._writer.is_subscribing = False
            self._writer.flush()

    def _look_for_silence(self) -> None:
        limit_s = self._settings.timeout_s
        owing = [self._writer.silent_s(), self._channels.silent_s()]
        owing += [reader.silent_s() for reader in self._groups.values()]
        if max(owing) > limit_s:
            message = f"Redis at {self._address.shown} has been silent for more than {limit_s:g} s"
            raise TransientError(message)
        if self._writer.held_by.startswith("READONLY"):
            # It is a replica now: the address may lead to the new master.
            message = f"Redis at {self._address.shown} became a replica"
            raise TransientError(message)

    async def _listening(self) -> None:
        async with asyncio.timeout(self._settings.timeout_s):
            while not self._channels.is_listening:
                await self._control.call("PING")

    async def _tend(self, reader: GroupReader) -> None:
        """Renew a group's leases, give back what others should have, open what came to us."""
        settings, control, ownership = self._settings, self._control, reader.ownership
        if BROADCAST_MARK in reader.group:
            lifetime_ms = round(settings.forget_s * 1_000)
            await control.call("SET", presence_key(reader.group), b"1", "PX", lifetime_ms)
        surplus = await ownership.renew(control)
        if reader.is_reset:
            reader.is_reset = False
            for lane in reader.lanes.values():
                lane.is_open = False
        opening = [
            lane
            for lane in reader.lanes.values()
            if not lane.is_open and lane.audience.handlers and ownership.holds(lane.shard) and lane.shard not in surplus
        ]
        if not opening and not surplus:
            return
        if reader.lanes and reader.group not in self._read:
            self._read.add(reader.group)
            reader.attach(await self._open_reader(reader))
        await self._quiet(reader)
        if surplus and not self._writer.is_subscribing:
            await self._give_back(reader, surplus)
        takeover = Takeover(
            reader,
            control=control,
            gaps=self._gaps,
            metrics=self._metrics,
            database=self._address.database,
            max_deliveries=settings.max_deliveries,
            remembered=settings.remembered,
        )
        await takeover.open(opening)
        if not self._is_leaving:
            reader.resume()

    async def _open_reader(self, reader: GroupReader) -> Link:
        link = await open_link(
            self._address,
            name=f"{reader.group}|{reader.member}",
            timeout_s=self._settings.timeout_s,
            drain=reader.drain,
            on_lost=lambda: self._lose(reader.group),
        )
        self._links.append(link)
        return link

    async def _quiet(self, reader: GroupReader) -> None:
        """Let the read that waits at Redis end, so that lanes can change hands without an entry going astray."""
        answered = reader.pause()
        while not answered.done():
            await self._control.call("CLIENT", "UNBLOCK", reader.client_id)
            await asyncio.wait([answered], timeout=_UNBLOCK_AGAIN_S)
            self._look_for_silence()

    async def _give_back(self, reader: GroupReader, surplus: frozenset[int]) -> None:
        for lane in reader.lanes.values():
            if lane.shard in surplus:
                lane.is_open = False
        async with asyncio.timeout(self._settings.timeout_s):
            await self._writer.confirmed()
            # A message that comes back proves that the acknowledgements written before it have arrived.
            await self._channels.passed()
        await reader.ownership.release(self._control, surplus)

    async def _trim(self) -> None:
        is_due = monotonic_s() - self._trimmed_s >= self._settings.trim_s
        if is_due or self._writer.sent >= self._settings.max_len // LOOKS:
            self._writer.sent = 0
            self._trimmed_s = monotonic_s()
            for trimmer in list(self._trimmers.values()):
                await trimmer.trim(self._control)
