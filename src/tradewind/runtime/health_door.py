"""A small door for whoever looks after a service that serves nothing else: `/health`, `/metrics`."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec
import uvicorn

from tradewind import __version__
from tradewind.api.listening import EmbeddedServer, bound_socket
from tradewind.api.ports import ProcessHealth
from tradewind.domain.access import Access, Refused
from tradewind.identity import AccessRequest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tradewind.bus.redis.address import RedisAddress
    from tradewind.identity import Gate
    from tradewind.runtime.settings import ServicesSettings
    from tradewind.runtime.status import SystemStatus

    Send = Callable[[dict[str, Any]], Awaitable[None]]

_JSON: Final = b"application/json; charset=utf-8"
_TEXT: Final = b"text/plain; version=0.0.4; charset=utf-8"
_DOORS: Final = {"/health": Access.SEED, "/metrics": Access.SESSION}


class BusLinks(Protocol):
    """How a process stands with Redis: `bus.redis.links:Links`, or several as one."""

    @property
    def state(self) -> str:
        """Return connected, standby, connecting, degraded or stopped."""
        ...

    @property
    def reason(self) -> str:
        """Return why it is not connected."""
        ...

    @property
    def address(self) -> RedisAddress:
        """Return where Redis is."""
        ...

    @property
    def shards(self) -> tuple[int, ...]:
        """Return the shards served here; none where the line is not split, or every one is heard."""
        ...

    def positions(self) -> dict[str, str]:
        """Return the last entry read of each stream."""
        ...


class OwnHealth:
    """What the process of one service says of itself."""

    def __init__(
        self, service: str, *, status: SystemStatus, links: BusLinks, is_leaving: Callable[[], bool] = lambda: False
    ) -> None:
        """`is_leaving` tells whether the process was told to stop and sees those off whom it serves."""
        self.service = service
        self._is_leaving = is_leaving
        self._status = status
        self._links = links

    def view(self) -> ProcessHealth:
        """Return how this process is now."""
        system = self._status.system()
        is_well = self._links.state in {"connected", "standby"} and all(each.is_healthy for each in system.services)
        return ProcessHealth(
            status="draining" if self._is_leaving() else "ok" if is_well else "degraded",
            service=self.service,
            version=__version__,
            pid=os.getpid(),
            uptime_s=system.uptime_s,
            memory_mb=system.memory_mb,
            bus=self._links.state,
            reason=self._links.reason,
            redis=self._links.address.shown,
            positions=self._links.positions(),
            shards=self._links.shards,
            rates=system.rates,
            services=system.services,
            feed_alarm=system.feed_alarm,
        )

    def metrics(self) -> bytes:
        """Return every metric in Prometheus' text form."""
        return self._status.prometheus()


class HealthDoor:
    """Serves the two until cancelled."""

    name = "health"

    def __init__(self, own: OwnHealth, *, settings: ServicesSettings, gate: Gate) -> None:
        self._own = own
        self._settings = settings
        self._gate = gate

    async def run(self) -> None:
        """Serve.

        Raises:
            PortTakenError: somebody else listens there.
            ConfigError: the address is not ours.
        """
        taken = bound_socket(
            self._settings.host,
            self._settings.health_port(self._own.service),
            host_setting="services.host",
            port_setting=f"services.{self._own.service}_health",
        )
        config = uvicorn.Config(
            self._answer, interface="asgi3", ws="none", lifespan="off", log_config=None, access_log=False,
            proxy_headers=False, server_header=False, limit_concurrency=100, timeout_graceful_shutdown=1,
        )  # fmt: skip
        server = EmbeddedServer(config, asyncio.Event())
        serving = asyncio.create_task(server.serve(sockets=[taken]), name="health.uvicorn")
        try:
            await asyncio.shield(serving)
        except asyncio.CancelledError:
            server.should_exit = True
            await serving
            raise
        finally:
            taken.close()

    async def _answer(self, scope: dict[str, Any], _receive: object, send: Send) -> None:
        path = scope.get("path", "")
        access = _DOORS.get(path)
        if access is None:
            await _say(
                send, 404, msgspec.json.encode({"code": "not_found", "message": "there is /health and /metrics"})
            )
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        peer = scope["client"][0] if scope.get("client") else ""
        target = path + ("?" + scope["query_string"].decode("latin-1") if scope.get("query_string") else "")
        answer = self._gate.decide(AccessRequest(access, scope["method"], target, headers, peer))
        if isinstance(answer, Refused):
            await _say(send, answer.status, msgspec.json.encode({"code": answer.code, "message": answer.message}))
        elif path == "/metrics":
            await _say(send, 200, self._own.metrics(), _TEXT)
        else:
            view = self._own.view()
            await _say(send, 200 if view.status == "ok" else 503, msgspec.json.encode(view))


async def _say(send: Send, status: int, body: bytes, media_type: bytes = _JSON) -> None:
    headers = [(b"content-type", media_type), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
