"""Which instances there are, by the name of their service: the settings read as a table, and the entry before them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tradewind.identity.entry import Entry
from tradewind.push.service import NATIVE_PATH

if TYPE_CHECKING:
    from tradewind.runtime.gateway.settings import GatewaySettings
    from tradewind.runtime.settings import TradewindSettings


class Place(msgspec.Struct, frozen=True):
    """One instance of a service."""

    service: str
    host: str
    port: int

    @property
    def address(self) -> str:
        """Return `host:port` as it stands in a URL."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def quotes_of(settings: TradewindSettings) -> tuple[str, ...]:
    """Return the instances of the quotes web: those named, else the one that the settings start."""
    if settings.gateway.quotes or not settings.quotes.enabled:
        return settings.gateway.quotes
    return (f"{settings.quotes.host}:{settings.quotes.port}",)


def places_of(settings: TradewindSettings) -> tuple[Place, ...]:
    """Return every instance behind the gateway: the rooms of the line first, then the edges."""
    gateway = settings.gateway
    rooms = [tuple(named.split("=", 1)) for named in gateway.rooms]
    if not rooms and settings.bus.kind == "redis":
        wanted = ("market", *settings.rooms)
        services = settings.services
        rooms = [
            (room, f"{services.host}:{services.health_port(room, number)}")
            for room in wanted
            for number in range(1, services.processes_of(room) + 1)
        ]
    edges = [("api", gateway.api), ("push", gateway.push), ("quotes", quotes_of(settings))]
    named = [*rooms, *((service, address) for service, addresses in edges for address in addresses)]
    return tuple(Place(service, *_host_and_port(address)) for service, address in named)


def entry_of(settings: GatewaySettings) -> Entry | None:
    """Return the entry before this process, for the gate; `None` where there is none."""
    if not settings.enabled:
        return None
    return Entry(host=settings.host, port=settings.port, is_tls=bool(settings.certificate), peers=settings.peers)


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def push_url(settings: TradewindSettings) -> str:
    """Return where the page finds push: behind the gateway, on its own origin unless the operator says otherwise."""
    return settings.api.push_url or (NATIVE_PATH if settings.gateway.enabled else "")
