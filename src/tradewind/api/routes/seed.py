"""The doors of the signal system that this replaces (C-003-6, C-003-8), in its own words."""

from __future__ import annotations

from litestar import Response, get

from tradewind import __version__
from tradewind.api.admission import ACCESS
from tradewind.api.answers import as_json
from tradewind.api.injected import TheHouse, TheViews
from tradewind.api.models import GatewayHealth, Liveness
from tradewind.bus.seed_forms import SeedOpportunity
from tradewind.domain.access import Access

_SEED = {ACCESS: Access.SEED}


@get("/opportunities", opt=_SEED, sync_to_thread=False, tags=["signals"])
def seed_opportunities(views: TheViews) -> Response[list[SeedOpportunity]]:
    """List opportunities in the older form, the open ones first, each part newest first."""
    return as_json(views.seed_opportunities_json())


@get("/health", opt=_SEED, sync_to_thread=False, tags=["health"])
def health() -> Liveness:
    """Say that this process answers."""
    return Liveness("ok", __version__)


@get("/gateway/health", opt=_SEED, sync_to_thread=False, tags=["health"])
def gateway_health(house: TheHouse) -> Response[GatewayHealth]:
    """Say how every service behind this gateway is; 503 while one of them is not well."""
    services = list(house.system.services())
    is_well = all(service.is_healthy for service in services)
    return Response(GatewayHealth("ok" if is_well else "degraded", services), status_code=200 if is_well else 503)


SEED_ROUTES = (seed_opportunities, health, gateway_health)
