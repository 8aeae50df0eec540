"""The processes of a service, of which there may be several: `features`, `features-2`, … under supervisord.

The first is called like its service and is all there is, unless `services.processes` says more. Each has settings of
its own, in which only its health door and its name on the bus differ.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

import msgspec

from tradewind.runtime.services import PROGRAMS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tradewind.runtime.settings import TradewindSettings


def programs_of(settings: TradewindSettings, services: Iterable[str]) -> tuple[str, ...]:
    """Return every process of these services, in the order of the flow."""
    wanted = set(services)
    return tuple(
        _name(service, number)
        for service in PROGRAMS
        if service in wanted
        for number in range(1, settings.services.processes_of(service) + 1)
    )


def service_of(program: str) -> str:
    """Return whose process this is."""
    return program.partition("-")[0]


def number_of(program: str) -> int:
    """Return which of its service's processes this is, from 1."""
    return int(program.partition("-")[2] or 1)


def in_order(program: str) -> tuple[int, int]:
    """Return what to sort programs by: the flow, then their numbers."""
    return PROGRAMS.index(service_of(program)), number_of(program)


def settings_of(program: str, settings: TradewindSettings) -> TradewindSettings:
    """Return the settings that a process gets, of those of the installation with its name on the bus."""
    service, number = service_of(program), number_of(program)
    if number == 1:
        return settings
    port = {f"{service}_health": settings.services.health_port(service, number)}
    member = f"{settings.bus.member}-{number}" if settings.bus.member else ""
    return msgspec.structs.replace(
        settings,
        services=msgspec.structs.replace(settings.services, **port),
        bus=msgspec.structs.replace(settings.bus, member=member),
    )


def stop_s(program: str, settings: TradewindSettings) -> int:
    """Return the seconds a process gets to stop: push also sees its clients off, api and quotes are heard of first."""
    push, services = settings.push, settings.services
    more = {"push": push.leave_s + push.drain_s, "api": services.settle_s, "quotes": services.settle_s}
    return services.stop_s + ceil(more.get(service_of(program), 0.0))


def _name(service: str, number: int) -> str:
    return service if number == 1 else f"{service}-{number}"
