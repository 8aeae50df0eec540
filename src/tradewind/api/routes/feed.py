"""The live feed: whether it flows, in which forms it comes, and what of it could not be read (C-000-1)."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import get
from litestar.params import QueryParameter

from tradewind.api.admission import signed_in
from tradewind.api.injected import TheHouse
from tradewind.api.line_ports import FeedQueries
from tradewind.api.ports import House
from tradewind.domain.rights import Permission
from tradewind.errors import StateConflictError

_SYSTEM = signed_in(Permission.SYSTEM)
_SHOWN = 50
_MOST = 500
Newest = Annotated[int, QueryParameter(ge=1, le=_MOST, description="At most this many messages, the newest.")]


@get("/api/v1/market/feed", opt=_SYSTEM, tags=["market"])
async def feed(house: TheHouse) -> Any:  # noqa: ANN401 - the market room's own struct
    """Return state, endpoints, counts by form and by reason, gaps in sequence and silence; 409 without a live feed."""
    return await _feed(house).status()


@get("/api/v1/market/feed/quarantine", opt=_SYSTEM, tags=["market"])
async def quarantine(house: TheHouse, limit: Newest = _SHOWN) -> list[Any]:
    """List the newest messages that could not be read, newest first: why, and how each begins."""
    return list(await _feed(house).quarantined(limit))


def _feed(house: House) -> FeedQueries:
    if house.feed is None:
        message = f"the source is a {house.system.source().kind}, not a live feed; start with market.source=zeromq"
        raise StateConflictError(message)
    return house.feed


FEED_ROUTES = (feed, quarantine)
