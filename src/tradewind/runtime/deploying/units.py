"""What there is to run somewhere else: each program of the service table with its ports, and whether several help."""

from __future__ import annotations

from functools import cache
from typing import Final

import msgspec

from tradewind.kernel.settings import load
from tradewind.runtime.lifecycle.ports import ports_of
from tradewind.runtime.services import CONTROL, EDGES, GATEWAY, PROGRAMS, TRADING, row
from tradewind.runtime.settings import TradewindSettings

DATA: Final = "/var/lib/tradewind"
CONFIG: Final = "/etc/tradewind/tradewind.toml"
TEMPORARY: Final = "/tmp"  # noqa: S108 - a container's own, in memory
WRITABLE: Final = (DATA, TEMPORARY)
"""All that a container may write to."""
BACKUPS: Final = f"{DATA}/backups"
"""Where backups are kept unless `backup.folder` says otherwise."""
BACKUP_AT: Final = "16:30"
BACKUP_ZONE: Final = "Asia/Shanghai"
"""When one is made: the day session is over, its settlement has begun, the night session is hours away."""
USER_ID: Final = 10_001
SHARDS: Final = 4
SECRETS: Final = (
    "TRADEWIND_BUS__PASSWORD",
    "TRADEWIND_STORE__PASSWORD",
    "TRADEWIND_DOCUMENTS__URL",
    "TRADEWIND_ACCESS__LDAP__PASSWORD",
    "TRADEWIND_NOTICES__SMTP__PASSWORD",
)
"""Variables that open something; each is a setting by its usual name, and none stands in a file of settings."""
_SHARING: Final = frozenset({"features", "strategies", "signals", "risk"})
"""Rooms whose processes share the shards of the line; of others one works and the rest stand by."""
_WORDS: Final = {GATEWAY: "the one entry: Nginx"}


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """One program: its ports by name, the port of its health and what scales it (`lag`, `cpu` or nothing)."""

    name: str
    purpose: str
    ports: dict[str, int]
    health: int
    scales_by: str
    spares: int
    """How many run where nothing is said: 2 where a second serves at once when the first is gone."""

    @property
    def is_edge(self) -> bool:
        """True for who answers others, also while Redis is away; rooms then only wait."""
        return self.name in {*EDGES, CONTROL, GATEWAY}


@cache
def container_settings(prefix: str = "") -> TradewindSettings:
    """Return the settings of services that find each other by name: `prefix` stands before each."""
    return load(TradewindSettings, flags=[f"{key}={value}" for key, value in said(prefix).items()]).settings


def said(prefix: str = "") -> dict[str, str]:
    """Return what differs from the defaults where each service has an address of its own, as flags have it."""
    settings = TradewindSettings()
    services, names = settings.services, [name for name in PROGRAMS if name != GATEWAY]
    doors = {name: services.health_port(name) for name in names}
    own = {"api": services.api_port, "push": services.push_port, "quotes": settings.quotes.port}
    served = {**own, CONTROL: settings.control.port}
    hosts = {f"{prefix}{name}:{port}" for table in (doors, served) for name, port in table.items()}
    rooms = [f"{name}={prefix}{name}:{doors[name]}" for name in names if name not in served]
    found: dict[str, str] = {
        "data_dir": DATA,
        "log.format": "json",
        "bus.kind": "redis",
        "bus.shards": str(SHARDS),
        "control.enabled": "true",
        "gateway.enabled": "true",
        "gateway.rooms": ",".join(rooms),
        "access.hosts": ",".join(sorted(hosts)),
    }
    found |= {f"gateway.{name}": f"{prefix}{name}:{port}" for name, port in served.items()}
    found |= {f"{name}.host": "0.0.0.0" for name in ("services", "api", "push", "quotes", "control", "gateway")}  # noqa: S104 - inside a container
    return found


@cache
def units() -> tuple[Unit, ...]:
    """Return every program in the order of the flow."""
    settings = container_settings()
    return tuple(_unit(name, settings) for name in PROGRAMS)


def _unit(name: str, settings: TradewindSettings) -> Unit:
    ports = {
        "health" if "health" in setting or setting == "services.api_port" else "serve": port
        for setting, (_, port) in ports_of(name, settings).items()
    }
    if name == GATEWAY:
        ports = {"serve": settings.gateway.port, "modules": settings.gateway.control_port}
    health = ports.get("health", ports.get("serve", 0))
    scales_by = "lag" if name in _SHARING else "cpu" if name in EDGES else ""
    spares = 2 if name in {*EDGES, TRADING, CONTROL, GATEWAY, "market"} else 1
    purpose = _WORDS.get(name) or row(name).purpose
    return Unit(name=name, purpose=purpose, ports=ports, health=health, scales_by=scales_by, spares=spares)
