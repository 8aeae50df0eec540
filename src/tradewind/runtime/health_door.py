"""A small door for whoever looks after a service that serves nothing else: `/health`, `/metrics`."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec
import uvicorn

from tradewind import __version__
from tradewind.api.listening import EmbeddedServer, bound_socket
from tradewind.api.ports import ServiceView
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


class ServiceHealthView(msgspec.Struct, frozen=True, kw_only=True):
    """How one service's process is; `bus` is connected, standby, connecting, degraded or stopped."""

    status: str
    service: str
    version: str
    pid: int
    uptime_s: float
    memory_mb: float
    bus: str
    reason: str
    redis: str
    positions: dict[str, str]
    """Last entry read of each stream."""
    shards: tuple[int, ...]
    """Shards of the line served here."""
    rates: dict[str, float]
    services: list[ServiceView]


class HealthDoor:
    """Serves the two until cancelled."""

    name = "health"

    def __init__(
        self, service: str, *, settings: ServicesSettings, gate: Gate, status: SystemStatus, links: BusLinks
    ) -> None:
        self._service = service
        self._settings = settings
        self._gate = gate
        self._status = status
        self._links = links

    async def run(self) -> None:
        """Serve.

        Raises:
            PortTakenError: somebody else listens there.
            ConfigError: the address is not ours.
        """
        taken = bound_socket(
            self._settings.host,
            self._settings.health_port(self._service),
            room="services",
            port_key=f"{self._service}_health",
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

    def view(self) -> ServiceHealthView:
        """Return how this process is now."""
        system = self._status.system()
        is_well = self._links.state in {"connected", "standby"} and all(each.is_healthy for each in system.services)
        return ServiceHealthView(
            status="ok" if is_well else "degraded",
            service=self._service,
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
        )

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
            await _say(send, 200, self._status.prometheus(), _TEXT)
        else:
            view = self.view()
            await _say(send, 200 if view.status == "ok" else 503, msgspec.json.encode(view))


async def _say(send: Send, status: int, body: bytes, media_type: bytes = _JSON) -> None:
    headers = [(b"content-type", media_type), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
