"""The connections of one process of the line, as one thing: any of them lost, silent or garbled ends all of them.

So there is one way to start, and it is the way to recover; `stay_connected` takes it again and again.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING, Final

from tradewind.bus.redis.address import address_of
from tradewind.bus.redis.control import Control
from tradewind.bus.redis.link import open_link
from tradewind.bus.redis.resp import ReplyError
from tradewind.bus.redis.sentinel import locate
from tradewind.errors import TransientError
from tradewind.kernel.backoff import Backoff
from tradewind.kernel.ids import new_epoch
from tradewind.kernel.log import get_log
from tradewind.kernel.rng import named_rng

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from tradewind.bus.redis.cursor_reader import CursorReader
    from tradewind.bus.redis.link import Gets, Link
    from tradewind.bus.redis.writer import Writer
    from tradewind.bus.settings import BusSettings
    from tradewind.kernel.metrics import Metrics

_LOG = get_log("bus.redis")
AWAY: Final = (TransientError, OSError, TimeoutError, ReplyError)
"""What going on without Redis for a while answers."""


class Links:
    """The open connections of `owner` (a room or an edge), and the state they are in."""

    def __init__(self, owner: str, *, settings: BusSettings, writer: Writer, readers: Sequence[CursorReader]) -> None:
        """Raises: ConfigError: the url is none."""
        self._configured = address_of(settings)
        self.address = self._configured
        """The server talked to, or talked to last; with sentinels it changes."""
        self.member = settings.member or f"{socket.gethostname()}-{new_epoch()}"
        self.control = Control(timeout_s=settings.timeout_s)
        self.state = "connecting"
        self.reason = ""
        self.shards: tuple[int, ...] = ()
        self._owner = owner
        self._settings = settings
        self._writer = writer
        self._readers = readers
        self._backoff = Backoff(named_rng(0, "bus", owner, self.member), scale=settings.retry_scale)
        self._open: list[Link] = []
        self._lost = ""
        self._wake = asyncio.Event()

    async def stay_connected(self, live: Callable[[], Awaitable[None]], metrics: Metrics) -> None:
        """Run `live` whenever Redis is there, until cancelled.

        Raises: ConfigError: Redis will not have us.
        """
        try:
            while True:
                self._lost = ""
                try:
                    self.address = await locate(self._configured, timeout_s=self._settings.timeout_s)
                    self.control.attach(await self._link("control", self.control.drain))
                    await live()
                except AWAY as error:
                    self.enter("degraded", str(error) or f"Redis at {self.address.shown} does not answer")
                finally:
                    self._close()
                metrics.bus_reconnects.add()
                await asyncio.sleep(min(self._backoff.next_wait_s(), self._settings.retry_max_s))
        finally:
            self.enter("stopped", "")

    async def write(self) -> None:
        """Open the connection that the writer writes to, with care: what state Redis is in has to be seen yet."""
        self._writer.take_care(is_nearly_full=True)
        self._writer.attach(await self._link("writer", self._writer.drain, self._writer.flush))

    async def read(self) -> None:
        """Open the connections that are read from; from here on the process does its work."""
        for reader in self._readers:
            if reader.cursors:
                reader.attach(await self._link("reader", reader.drain))
        self._backoff.reset()
        self.enter("connected", "")

    async def nap(self, seconds: float) -> None:
        """Wait, or until something is wrong.

        Raises: TransientError: a connection is lost, or has been silent for too long.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        self._wake.clear()
        if self._lost:
            message = f"lost the connection to Redis at {self.address.shown} ({self._lost})"
            raise TransientError(message)
        if self._writer.held_by.startswith("READONLY"):
            message = f"Redis at {self.address.shown} became a replica"
            raise TransientError(message)
        silent_s = max(0.0, self._writer.silent_s(), *(reader.silent_s() for reader in self._readers))
        if silent_s > self._settings.timeout_s:
            message = f"Redis at {self.address.shown} has been silent for {silent_s:.1f} s"
            raise TransientError(message)

    def positions(self) -> dict[str, str]:
        """Return how far each stream has been read."""
        return {key.decode(): cursor.decode() for each in self._readers for key, cursor in each.cursors.items()}

    def lose(self, reason: str) -> None:
        """End this connection because of `reason`."""
        self._lost = self._lost or reason
        self._wake.set()

    def enter(self, state: str, reason: str) -> None:
        """Note a new state and log it."""
        if (state, reason) != (self.state, self.reason):
            log = _LOG.warning if state == "degraded" else _LOG.info
            log("bus_state_changed", owner=self._owner, state=state, reason=reason, address=self.address.shown)
        self.state, self.reason = state, reason

    async def _link(self, name: str, drain: Callable[[Gets], None], on_room: Callable[[], None] | None = None) -> Link:
        link = await open_link(
            self.address,
            name=f"{self._owner}.{name}|{self.member}",
            timeout_s=self._settings.timeout_s,
            drain=drain,
            on_lost=lambda: self.lose(f"link {name} closed"),
            on_room=on_room,
        )
        self._open.append(link)
        return link

    def _close(self) -> None:
        self._lost = self._lost or "closed"
        self._writer.detach()
        for reader in self._readers:
            reader.detach()
        self.control.detach()
        links, self._open = self._open, []
        for link in links:
            link.close()
