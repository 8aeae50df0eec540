"""The life of a room's process on Redis: connect, hold the room's lease, find back, read, look after it until it breaks.

One member of a room works, the others stand by. Any link lost, silent or garbled ends the connection; the room keeps
its state and its cursors and goes on where it was, unless another member has taken over meanwhile: then its state is
no longer the room's and the process must end, for starting is the only way to recover.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.bus.line_order import BEGINNING, LineKey
from tradewind.bus.redis.address import parse_address
from tradewind.bus.redis.control import Control
from tradewind.bus.redis.gaps import Gaps
from tradewind.bus.redis.link import open_link
from tradewind.bus.redis.ownership import Ownership
from tradewind.bus.redis.resp import ReplyError, code_of, payload_of
from tradewind.bus.redis.room_bus import MARKET, RoomBus
from tradewind.bus.redis.trimming import Trimmer
from tradewind.errors import ConfigError, StateConflictError, TransientError
from tradewind.kernel.backoff import Backoff
from tradewind.kernel.clock import monotonic_s
from tradewind.kernel.ids import new_epoch
from tradewind.kernel.log import get_log
from tradewind.kernel.rng import named_rng

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.bus.redis.link import Gets, Link
    from tradewind.bus.redis.writer import Writer
    from tradewind.bus.settings import BusSettings
    from tradewind.kernel.metrics import Metrics

_LOG = get_log("bus.redis")
_AWAY: Final = (TransientError, OSError, TimeoutError, ReplyError)
_ROUNDS_PER_LEASE: Final = 4
_TIME_TOLD_S: Final = 0.1
_LOOK_BACK: Final = 200
"""Entries looked at from the newest for one that carries a place: others may have written there too."""


class RoomSession:
    """A service (`kernel.service`): `run` keeps the room on Redis until cancelled."""

    name = "bus"

    def __init__(self, bus: RoomBus, *, settings: BusSettings, metrics: Metrics, writer: Writer) -> None:
        """Raises: ConfigError: the url is none."""
        self._bus = bus
        self._settings = settings
        self._metrics = metrics
        self._writer = writer
        self._address = parse_address(settings.url, password=settings.password)
        self.member = settings.member or f"{socket.gethostname()}-{new_epoch()}"
        self._ownership = Ownership(
            f"line:{bus.room}", member=self.member, shards=1, lease_s=settings.reclaim_idle_s, is_broadcast=False
        )
        self._control = Control(timeout_s=settings.timeout_s)
        self._gaps = Gaps(writer, metrics)
        self._trimmers = [
            Trimmer(output.key.decode(), settings=settings, gaps=self._gaps) for output in bus.outputs.values()
        ]
        self._backoff = Backoff(named_rng(0, "bus.room", self.member), scale=settings.retry_scale)
        self._links: list[Link] = []
        self._lost = ""
        self._wake = asyncio.Event()
        self._has_worked = False
        self._working = asyncio.Event()
        self.state = "connecting"
        self.reason = ""
        bus.may_work = lambda: self._ownership.holds(0)
        bus.on_trouble = self._lose

    async def wait_working(self) -> None:
        """Wait until this member works for its room."""
        await self._working.wait()

    async def run(self) -> None:
        """Connect again and again until cancelled.

        Raises:
            ConfigError: Redis will not have us.
            StateConflictError: another process has taken the room over.
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

    async def leave(self) -> None:
        """Write what is under way and give the lease back: a stop, not a crash."""
        with contextlib.suppress(*_AWAY):
            async with asyncio.timeout(self._settings.stop_s):
                await self._writer.confirmed()
                await self._ownership.release(self._control, (0,), is_leaving=True)

    async def _connected(self) -> None:
        try:
            self._lost = ""
            self._control.attach(await self._open("control", self._control.drain))
            await self._get_lease()
            await self._find_back()
            self._writer.attach(await self._open("writer", self._writer.drain, self._writer.flush))
            self._has_worked = True
            if self._bus.reader.cursors:
                self._bus.reader.attach(await self._open("reader", self._bus.reader.drain))
            self._backoff.reset()
            self._enter("connected", "")
            self._working.set()
            await self._look_after()
        finally:
            self._close()

    async def _get_lease(self) -> None:
        """Wait until the room is ours."""
        while not self._ownership.holds(0):
            await self._ownership.renew(self._control)
            if not self._ownership.holds(0):
                self._enter("standby", f"another process runs {self._bus.room}")
                await asyncio.sleep(self._settings.reclaim_idle_s / _ROUNDS_PER_LEASE)

    async def _find_back(self) -> None:
        """Learn what this room has written; more than we know of means that somebody else wrote it."""
        mark = await self._newest_mark()
        if self._has_worked:
            if mark > self._bus.mark:
                message = f"another process has taken over {self._bus.room}; this one must start anew"
                raise StateConflictError(message)
            return
        last = {name: await self._newest_place(name) for name in self._bus.outputs}
        self._bus.resume_after(last, mark)

    async def _newest_mark(self) -> LineKey:
        if self._bus.room == MARKET:
            return BEGINNING
        for _, fields in await self._control.call("XREVRANGE", self._bus.own_mark_key, "+", "-", "COUNT", 1):
            with contextlib.suppress(msgspec.DecodeError):
                return msgspec.json.decode(payload_of(fields) or b"", type=tuple[int, ...])
        return BEGINNING

    async def _newest_place(self, name: str) -> LineKey:
        output = self._bus.outputs[name]
        entries: list[Any] = await self._control.call("XREVRANGE", output.key, "+", "-", "COUNT", _LOOK_BACK)
        return next((place for _, fields in entries if (place := output.place_of(fields))), BEGINNING)

    async def _look_after(self) -> None:
        trimmed_s = told_s = monotonic_s()
        is_market = self._bus.room == MARKET
        pause_s = _TIME_TOLD_S if is_market else self._settings.reclaim_idle_s / _ROUNDS_PER_LEASE
        while True:
            await self._nap(pause_s)
            if self._lost:
                message = f"lost the connection to Redis at {self._address.shown} ({self._lost})"
                raise TransientError(message)
            if is_market:
                self._bus.tell_time()
            self._look_for_silence()
            now_s = monotonic_s()
            if now_s - told_s >= self._settings.reclaim_idle_s / _ROUNDS_PER_LEASE:
                told_s = now_s
                await self._ownership.renew(self._control)
                await self._tell_position()
            if now_s - trimmed_s >= self._settings.trim_s:
                trimmed_s = now_s
                for trimmer in self._trimmers:
                    await trimmer.trim(self._control)

    async def _tell_position(self) -> None:
        """Move the room's group on each input to where it is safe: lag is seen there, and trimming waits for it."""
        cursors = self._bus.positions()
        if self._writer.spooled:
            return
        for key, cursor in cursors.items():
            try:
                await self._control.call("XGROUP", "SETID", key, self._bus.room, cursor)
            except ReplyError as error:
                if code_of(error) not in {"NOGROUP", "ERR"}:
                    raise
                await self._control.call("XGROUP", "CREATE", key, self._bus.room, cursor, "MKSTREAM")

    async def _open(self, name: str, drain: Callable[[Gets], None], on_room: Callable[[], None] | None = None) -> Link:
        link = await open_link(
            self._address,
            name=f"{self._bus.room}.{name}|{self.member}",
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

    def _look_for_silence(self) -> None:
        silent_s = max(self._writer.silent_s(), self._bus.reader.silent_s())
        if silent_s > self._settings.timeout_s:
            message = f"Redis at {self._address.shown} has been silent for {silent_s:.1f} s"
            raise TransientError(message)

    def _close(self) -> None:
        self._lost = self._lost or "closed"
        self._writer.detach()
        self._bus.reader.detach()
        self._control.detach()
        links, self._links = self._links, []
        for link in links:
            link.close()

    async def _nap(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        self._wake.clear()

    def _enter(self, state: str, reason: str) -> None:
        if (state, reason) != (self.state, self.reason):
            _LOG.info("bus_state_changed", room=self._bus.room, state=state, reason=reason, address=self._address.shown)
        self.state, self.reason = state, reason
