"""Which instances there are, by the name of their service: the settings read as a table, and the entry before them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.identity.entry import Entry
from tradewind.push.service import NATIVE_PATH
from tradewind.runtime.services import TRADING

if TYPE_CHECKING:
    from tradewind.runtime.gateway.settings import GatewaySettings
    from tradewind.runtime.settings import TradewindSettings


_ANYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where to ask, not where to listen


class Place(msgspec.Struct, frozen=True):
    """One instance of a service."""

    service: str
    host: str
    port: int

    @property
    def address(self) -> str:
        """Return `host:port` as it stands in a URL."""
        return _address(self.host, self.port)


def reachable(host: str) -> str:
    """Return where somebody on this machine finds what listens on `host`."""
    return _ANYWHERE.get(host, host)


def api_of(settings: TradewindSettings) -> tuple[str, ...]:
    """Return the instances of the signal API: those named, else the one that production mode starts."""
    return settings.gateway.api or (_address(reachable(settings.api.host), settings.services.api_port),)


def push_of(settings: TradewindSettings) -> tuple[str, ...]:
    """Return the instances of push: those named, else the one that production mode starts."""
    return settings.gateway.push or (_address(reachable(settings.push.host), settings.services.push_port),)


def quotes_of(settings: TradewindSettings) -> tuple[str, ...]:
    """Return the instances of the quotes web: those named, else the one that runs; apart from others it always does."""
    is_run = settings.quotes.enabled or settings.bus.kind == "redis"
    if settings.gateway.quotes or not is_run:
        return settings.gateway.quotes
    return (_address(reachable(settings.quotes.host), settings.quotes.port),)


def control_of(settings: TradewindSettings) -> tuple[str, ...]:
    """Return the instances of the control server of collector modules: those named, else the one that runs."""
    if settings.gateway.control or not (settings.control.enabled and settings.control.port):
        return settings.gateway.control
    return (_address(reachable(settings.control.host), settings.control.port),)


def module_port(settings: TradewindSettings) -> int:
    """Return where Nginx listens for modules alone, 0 where they find the one control server there themselves."""
    return settings.gateway.control_port if settings.gateway.control else 0


def places_of(settings: TradewindSettings) -> tuple[Place, ...]:
    """Return every instance behind the gateway: the rooms of the line first, then the edges."""
    gateway = settings.gateway
    rooms = [tuple(named.split("=", 1)) for named in gateway.rooms]
    if not rooms and settings.bus.kind == "redis":
        wanted = ("market", *settings.rooms, *([TRADING] if settings.is_trading else []))
        services, host = settings.services, reachable(settings.services.host)
        rooms = [
            (room, _address(host, services.health_port(room, number)))
            for room in wanted
            for number in range(1, services.processes_of(room) + 1)
        ]
    edges = [
        ("api", api_of(settings)),
        ("push", push_of(settings)),
        ("quotes", quotes_of(settings)),
        ("control", control_of(settings)),
    ]
    named = [*rooms, *((service, address) for service, addresses in edges for address in addresses)]
    return tuple(Place(service, *_host_and_port(address)) for service, address in named)


def entry_of(settings: GatewaySettings) -> Entry | None:
    """Return the entry before this process, for the gate; `None` where there is none."""
    if not settings.is_before_us:
        return None
    return Entry(
        host=settings.host,
        port=settings.port,
        is_tls=bool(settings.certificate),
        peers=settings.peers,
        other_ports=(settings.control_port,) if settings.control and settings.control_port else (),
    )


def public_port(settings: TradewindSettings) -> int:
    """Return the port at which people find this installation, the same whichever of its processes asks.

    Where services run apart, `api.port` is each one's own: several instances of REST may have several, and are one
    installation behind one entry, whether Nginx of ours or somebody else's.
    """
    is_behind = settings.gateway.is_before_us or settings.bus.kind == "redis"
    return settings.gateway.port if is_behind else settings.api.port


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def push_url(settings: TradewindSettings) -> str:
    """Return where the page finds push: behind the gateway, on its own origin unless the operator says otherwise."""
    return settings.api.push_url or (settings.api.prefix + NATIVE_PATH if settings.gateway.is_before_us else "")
