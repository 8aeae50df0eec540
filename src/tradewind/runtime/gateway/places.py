"""Which instances there are, by the name of their service: the settings read as a table, and the entry before them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tradewind.identity.entry import Entry

if TYPE_CHECKING:
    from tradewind.runtime.gateway.settings import GatewaySettings


class Place(msgspec.Struct, frozen=True):
    """One instance of a service."""

    service: str
    host: str
    port: int

    @property
    def address(self) -> str:
        """Return `host:port` as it stands in a URL."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def places_of(settings: GatewaySettings) -> tuple[Place, ...]:
    """Return every instance behind the gateway: the rooms of the line first, then the edges."""
    rooms = [tuple(named.split("=", 1)) for named in settings.rooms]
    edges = [("api", settings.api), ("push", settings.push), ("quotes", settings.quotes)]
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
