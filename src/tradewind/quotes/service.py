"""The quotes edge's shell: one uvicorn on the port of system 000, the line behind it, a look at clients each second."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import uvicorn

from tradewind.api.limits import RateLimit
from tradewind.api.listening import BACKLOG, EmbeddedServer, bound_socket
from tradewind.bus.topics import CLEAN_TICKS, QUOTE_SNAPSHOTS
from tradewind.domain.rights import Permission
from tradewind.kernel.clock import Clock, SystemClock, monotonic_s
from tradewind.kernel.log import get_log
from tradewind.push.service import LoopTimers
from tradewind.quotes.desk import Desk
from tradewind.quotes.door import Door
from tradewind.quotes.ports import BusState
from tradewind.quotes.quote_book import ROOM
from tradewind.quotes.rest import Rest
from tradewind.quotes.rooms import Rooms
from tradewind.quotes.socket_io import SocketIo
from tradewind.quotes.websocket import quote_socket

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from tradewind.api.settings import ApiSettings
    from tradewind.bus.ports import Bus, Subscription
    from tradewind.domain.rights import Principal
    from tradewind.kernel.metrics import Metrics
    from tradewind.quotes.ports import Contracts, Gate, QuoteTester
    from tradewind.quotes.settings import QuotesSettings

_LOG = get_log(ROOM)
_SWEEP_S: Final = 1.0
_SPARE_CONNECTIONS: Final = 256
"""Connections beyond the clients' own: REST, long polls, and those who are told that there is no place."""


class QuotesService:
    """Serves clients of system 000 until cancelled; reads quotes, writes no topic."""

    name = ROOM

    def __init__(
        self,
        *,
        settings: QuotesSettings,
        api: ApiSettings,
        bus: Bus,
        metrics: Metrics,
        gate: Gate,
        contracts: Contracts,
        tests: QuoteTester | None = None,
        bus_state: Callable[[], BusState] = lambda: BusState("local", is_connected=True),
        clock: Clock | None = None,
        now_s: Callable[[], float] = monotonic_s,
    ) -> None:
        """Share the request rates and the page's port with `api`; without `tests` test quotes are refused."""
        self._settings = settings
        self._bus = bus
        self._now_s = now_s
        self._socket: socket.socket | None = None
        self._listening = asyncio.Event()
        self._port = 0
        self._subscriptions: list[Subscription] = []
        self._rooms = Rooms(settings=settings, metrics=metrics, soon=LoopTimers().soon)
        self._desk = Desk(
            self._rooms,
            settings=settings,
            contracts=contracts,
            tests=tests,
            bus_state=bus_state,
            clock=clock or SystemClock(),
            now_s=now_s,
        )
        self._sockets = SocketIo(
            settings=settings, rooms=self._rooms, desk=self._desk, contracts=contracts, metrics=metrics, now_s=now_s
        )
        self._door = Door(
            settings=settings,
            gate=gate,
            limit=RateLimit(api, now_s),
            sockets=self._sockets,
            rest=Rest(settings=settings, contracts=contracts, rooms=self._rooms, desk=self._desk),
            page_port=api.port,
            count=metrics.api_requests.add,
        )

    def attach(self) -> None:
        """Begin to follow the line."""
        self._subscriptions = [
            self._bus.subscribe(CLEAN_TICKS, self._rooms.on_tick, group=ROOM),
            self._bus.subscribe(QUOTE_SNAPSHOTS, self._rooms.on_snapshot, group=ROOM),
        ]
        self._desk.is_attached = True

    def detach(self) -> None:
        """Stop following; clients keep what they have."""
        for subscription in self._subscriptions:
            subscription.cancel()
        self._subscriptions = []
        self._desk.is_attached = False

    def forget(self) -> None:
        """Forget every quote: the line begins anew, and its numbers with it."""
        self._rooms.forget()

    def bind(self) -> int:
        """Take the port now, before anything is served, and return which one it is; safe to call twice.

        Raises:
            PortTakenError: somebody else listens there.
            ConfigError: the address is not ours.
        """
        if self._socket is None:
            self._socket = bound_socket(
                self._settings.host, self._settings.port, host_setting="quotes.host", port_setting="quotes.port"
            )
        port: int = self._socket.getsockname()[1]
        return port

    async def run(self) -> None:
        """Serve until cancelled, then end every connection.

        Raises: PortTakenError, ConfigError: see `bind`.
        """
        self.bind()
        taken, self._socket = self._socket, None
        if taken is None:
            return
        server = EmbeddedServer(self._server_config(), self._listening)
        self._port = taken.getsockname()[1]
        serving = asyncio.create_task(server.serve(sockets=[taken]), name="quotes.uvicorn")
        sweeping = asyncio.create_task(self._sweep(), name="quotes.sweep")
        self._desk.is_serving = True
        _LOG.info("quotes_listening", host=self._settings.host, port=self._port)
        try:
            await asyncio.wait([serving, sweeping], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._desk.is_serving = False
            sweeping.cancel()
            server.should_exit = True
            await self._sockets.stop()
            await asyncio.wait([serving, sweeping])
            self._listening.clear()
            taken.close()
        for task in (serving, sweeping):
            if not task.cancelled():
                task.result()

    async def wait_listening(self) -> int:
        """Wait until clients can connect; return the port, which is news when the setting was 0."""
        await self._listening.wait()
        return self._port

    def close_session(self, session_id: str) -> int:
        """End every connection that came in with this sign-in; return how many there were."""
        return self._sockets.end_session(session_id)

    def rights_changed(self, session_id: str, principal: Principal) -> int:
        """End a sign-in's connections unless it may still see the market; return how many there were."""
        return 0 if principal.may_somewhere(Permission.MARKET) else self._sockets.end_session(session_id)

    def session_ids(self) -> set[str]:
        """Return the sign-ins that have a connection open now: their pages are in use."""
        return self._sockets.session_ids()

    @property
    def client_count(self) -> int:
        """Clients connected now."""
        return len(self._rooms.clients)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_S)
            self._desk.sample()
            self._sockets.sweep(self._now_s())

    def _server_config(self) -> uvicorn.Config:
        settings = self._settings
        return uvicorn.Config(
            self._door,
            interface="asgi3",
            http="httptools",
            ws=quote_socket(settings),
            ws_max_size=settings.message_bytes,
            ws_per_message_deflate=False,
            ws_ping_interval=None,
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            backlog=BACKLOG,
            limit_concurrency=settings.max_clients + _SPARE_CONNECTIONS,
            timeout_keep_alive=settings.keep_alive_s,
            timeout_graceful_shutdown=settings.stop_grace_s,
        )
