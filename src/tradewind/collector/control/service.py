"""The control server's shell: its port, its loops, its place in the store; opened when the store is there."""

from __future__ import annotations

import asyncio
import errno
import socket
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from aiohttp import web

from tradewind.bus.fleet_topics import JOBS, MODULES
from tradewind.collector.control.connection import Connections
from tradewind.collector.control.door import Door
from tradewind.collector.control.keeper import Keeper
from tradewind.collector.control.means import Means
from tradewind.collector.control.office import FleetOffice
from tradewind.collector.control.roster import Roster
from tradewind.errors import ConfigError, PortTakenError, StoreAwayError, StoreError
from tradewind.kernel.backoff import Backoff
from tradewind.kernel.log import get_log
from tradewind.kernel.rng import named_rng

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.bus.topics import Topic
    from tradewind.collector.control.cadence import Hours
    from tradewind.collector.control.settings import ControlSettings
    from tradewind.identity.ports import HttpGate
    from tradewind.kernel.clock import Clock
    from tradewind.kernel.metrics import Metrics
    from tradewind.stores.fleet import FleetStore

ROOM: Final = "control"
_LOG = get_log(ROOM)
E = TypeVar("E")
_BACKLOG: Final = 2_048
_LONGEST_WAIT_S: Final = 5.0
_GRACE_S: Final = 2.0


class Publishers(Protocol):
    """The part of a bus by which a server tells what changed."""

    def publisher(self, topic: Topic[E]) -> Callable[[E], None]:
        """Return the function that publishes to `topic`."""
        ...


class ControlService:
    """A service (`kernel.service`): serves modules until cancelled."""

    name = ROOM

    def __init__(
        self,
        *,
        settings: ControlSettings,
        store: FleetStore,
        bus: Publishers,
        gate: HttpGate,
        hours: Hours,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        roster = Roster(settings.per_module)
        self._means = means = Means(
            settings=settings, store=store, roster=roster, hours=hours, clock=clock, metrics=metrics
        )
        self._settings = settings
        self.office = FleetOffice(means)
        self._keeper = Keeper(
            means, self.office, publish_module=bus.publisher(MODULES), publish_job=bus.publisher(JOBS)
        )
        self._connections = Connections(means, self._keeper.take)
        self._door = Door(means, self.office, self._connections, gate)
        self._listening = asyncio.Event()
        self._port = 0

    def change(self, settings: ControlSettings) -> None:
        """Keep ended jobs as long as these say; the rest of the settings needs a new start."""
        self._keeper.change(settings)

    async def run(self) -> None:
        """Serve until cancelled.

        Raises: PortTakenError, ConfigError: nobody can connect here.
        """
        await self._open()
        bound = _bound(self._settings.host, self._settings.port)
        self._port = bound.getsockname()[1]
        # No access log: modules have their hash in the address they ask for.
        runner = web.AppRunner(self._door.application(), access_log=None, shutdown_timeout=_GRACE_S)
        await runner.setup()
        try:
            await self._keeper.begin(f"{socket.gethostname()}:{self._port}")
            await web.SockSite(runner, bound, backlog=_BACKLOG).start()
            self._means.closed = None
            self._listening.set()
            _LOG.info("control_listening", host=self._settings.host, port=self._port)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._keeper.run())
                tasks.create_task(self._connections.watch())
        finally:
            self._means.closed = "it is stopping"
            self._listening.clear()
            await self._leave(runner, bound)

    async def wait_listening(self) -> int:
        """Wait until modules can connect; return the port, which is news when the setting was 0."""
        await self._listening.wait()
        return self._port

    async def _open(self) -> None:
        backoff = Backoff(named_rng(0, ROOM))
        while True:
            try:
                await self._means.call(self._means.store.open)
            except StoreAwayError as error:
                self._means.closed = str(error)
                await asyncio.sleep(min(backoff.next_wait_s(), _LONGEST_WAIT_S))
            else:
                return

    async def _leave(self, runner: web.AppRunner, bound: socket.socket) -> None:
        means = self._means
        async with asyncio.TaskGroup() as tasks:
            for module in tuple(means.roster.modules.values()):
                tasks.create_task(module.wire.close("the server stops"))
        await runner.cleanup()
        bound.close()
        try:
            await means.call(means.store.leave, means.instance, means.clock.now_ns())
        except StoreError as error:
            _LOG.warning("control_not_signed_off", reason=str(error))


def _bound(host: str, port: int) -> socket.socket:
    """Take the port. Raises: PortTakenError: somebody else listens there. ConfigError: the address is not ours."""
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.settimeout(0)
    try:
        bound.bind((host, port))
        bound.listen(_BACKLOG)
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            message = f"port {port} on {host} is taken; stop that program, or choose another with control.port"
            raise PortTakenError(message) from error
        message = f"cannot listen on {host}:{port}: {error.strerror}; change control.host or control.port"
        raise ConfigError(message) from error
    return bound
