"""The REST edge's shell: one uvicorn inside our own event loop, on a socket that we bind ourselves."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import uvicorn

from tradewind.api.admission import Admission, demand_of
from tradewind.api.app import create_app
from tradewind.api.door import Door, HotAnswer
from tradewind.api.fast_lane import fast_lane
from tradewind.api.limits import RateLimit
from tradewind.api.listening import BACKLOG, EmbeddedServer, bound_socket
from tradewind.domain.access import Refused
from tradewind.kernel.clock import monotonic_s

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping

    from litestar import Litestar

    from tradewind.api.ports import House, Pages
    from tradewind.api.settings import ApiSettings
    from tradewind.api.views import ApiViews


class ApiService:
    """Serves REST and the page until cancelled."""

    name = "api"

    def __init__(
        self,
        *,
        settings: ApiSettings,
        views: ApiViews,
        house: House,
        pages: Pages,
        port_setting: str = "api.port",
        now_s: Callable[[], float] = monotonic_s,
    ) -> None:
        """Build the application; nothing is bound before `run` (or `bind`).

        `port_setting` is which setting the port comes from, to be named where it is taken.
        """
        self._settings = settings
        self._port_setting = port_setting
        self._views = views
        self._socket: socket.socket | None = None
        self._listening = asyncio.Event()
        self._port = 0
        self._limit = RateLimit(settings, now_s)
        admission = Admission(house.gate, self._limit)
        self.application = create_app(settings=settings, views=views, house=house, admission=admission)
        hot = _hot_answers(self.application, views)
        self._protocol = fast_lane(hot=hot, admission=admission, count=house.metrics.api_requests.add)
        self.door = Door(
            application=self.application,
            api_paths=[route.path for route in self.application.routes],
            hot=hot,
            admission=admission,
            house=house,
            pages=pages,
        )

    def change(self, settings: ApiSettings) -> None:
        """Take another rate over; the rest of the settings needs a new start."""
        self._limit.change(settings)

    def attach(self) -> None:
        """Begin to follow the line."""
        self._views.attach()

    def detach(self) -> None:
        """Stop following the line."""
        self._views.detach()

    def bind(self) -> int:
        """Take the port now, before anything is served, and return which one it is; safe to call twice.

        Raises:
            PortTakenError: somebody else listens there.
            ConfigError: the address is not ours.
        """
        if self._socket is None:
            self._socket = bound_socket(
                self._settings.host, self._settings.port, host_setting="api.host", port_setting=self._port_setting
            )
        port: int = self._socket.getsockname()[1]
        return port

    async def run(self) -> None:
        """Serve until cancelled; requests under way are given `stop_grace_s` to end.

        Raises: PortTakenError, ConfigError: see `bind`.
        """
        self.bind()
        taken, self._socket = self._socket, None
        if taken is None:
            return
        server = EmbeddedServer(self._server_config(), self._listening)
        self._port = taken.getsockname()[1]
        serving = asyncio.create_task(server.serve(sockets=[taken]), name="api.uvicorn")
        try:
            await asyncio.shield(serving)
        except asyncio.CancelledError:
            server.should_exit = True
            await serving
            raise
        finally:
            self._listening.clear()
            taken.close()

    async def wait_listening(self) -> int:
        """Wait until requests are served; return the port, which is news when the setting was 0."""
        await self._listening.wait()
        return self._port

    def _server_config(self) -> uvicorn.Config:
        settings = self._settings
        return uvicorn.Config(
            self.door,
            interface="asgi3",
            http=self._protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            backlog=BACKLOG,
            limit_concurrency=settings.connections,
            timeout_keep_alive=settings.keep_alive_s,
            timeout_graceful_shutdown=settings.stop_grace_s,
        )


def _hot_answers(application: Litestar, views: ApiViews) -> Mapping[str, HotAnswer]:
    """Pair the lists that are kept as bytes with what their routes declare; one that names no permission is not hot."""
    lists: dict[str, Callable[[], bytes]] = {
        "/opportunities": views.seed_opportunities_json,
        "/api/v1/opportunities": views.opportunities_json,
        "/api/v1/quotes": views.quotes_json,
    }
    declared = {
        route.path: demand
        for route in application.routes
        for handler in getattr(route, "route_handlers", ())
        if not isinstance(demand := demand_of(handler.opt), Refused)
    }
    return {path: HotAnswer(declared[path], value) for path, value in lists.items() if path in declared}
