"""The doors of the signal system that this replaces (C-003-6, C-003-8), in its own words."""

from __future__ import annotations

import msgspec
from litestar import Response, get

from tradewind import __version__
from tradewind.api.admission import ACCESS, PERMISSION, WHOEVER
from tradewind.api.answers import as_json
from tradewind.api.injected import TheHouse, TheViews
from tradewind.api.models import Liveness
from tradewind.api.ports import GatewayReport, ProcessHealth
from tradewind.bus.seed_forms import SeedOpportunity
from tradewind.domain.access import Access
from tradewind.domain.rights import Permission

_SEED = {ACCESS: Access.SEED, PERMISSION: Permission.MARKET}
_WELL = {ACCESS: Access.SEED, PERMISSION: WHOEVER}


@get("/opportunities", opt=_SEED, sync_to_thread=False, tags=["signals"])
def seed_opportunities(views: TheViews) -> Response[list[SeedOpportunity]]:
    """List opportunities in the older form, the open ones first, each part newest first."""
    return as_json(views.seed_opportunities_json())


@get("/health", opt=_WELL, sync_to_thread=False, tags=["health"])
def health(house: TheHouse) -> Response[Liveness | ProcessHealth]:
    """Say that this process answers and, where it runs apart from others, how it is; 503 while that is not well.

    503 also while it drains: nobody else should come. `feed_alarm` says that market data should come and does not.
    """
    if house.health is None:
        return Response(Liveness("ok", __version__, house.system.feed_alarm()))
    found = msgspec.structs.replace(house.health(), feed_alarm=house.system.feed_alarm())
    return Response(found, status_code=200 if found.status == "ok" else 503)


@get("/gateway/health", opt=_WELL, tags=["health"])
async def gateway_health(house: TheHouse) -> Response[GatewayReport]:
    """Say how every service behind this gateway is, and the feed; 503 while a service is not served."""
    alarm = house.system.feed_alarm()
    if house.gateway is not None:
        report = msgspec.structs.replace(await house.gateway.report(), feed_alarm=alarm)
    else:
        services = list(house.system.services())
        is_well = all(service.is_healthy for service in services)
        report = GatewayReport("ok" if is_well else "degraded", services, feed_alarm=alarm)
    return Response(report, status_code=503 if report.status == "degraded" else 200)


SEED_ROUTES = (seed_opportunities, health, gateway_health)
