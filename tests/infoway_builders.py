"""Builders of the tests that speak to the stand-in for Infoway: settings with nothing to wait for, a running server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tradewind.infoway.budget import LocalBudget
from tradewind.infoway.rest import InfowayRest
from tradewind.infoway.settings import InfowaySettings
from tradewind.testing.infoway_market import GOOD_KEY
from tradewind.testing.infoway_server import StandIn

GENEROUS: dict[str, Any] = {"per_second": 1_000, "per_minute": 60_000, "per_day": 1_000_000}


def infoway_settings(server: StandIn | None = None, **changes: Any) -> InfowaySettings:
    """Return settings for the stand-in, or for nobody, that wait for almost nothing."""
    fields: dict[str, Any] = {"api_key": GOOD_KEY, "retry_scale": 0.002, "connect_s": 5.0, **GENEROUS}
    if server is not None:
        fields |= {"base_url": server.base_url, "live_url": server.live_url}
    return InfowaySettings(**{**fields, **changes})


@asynccontextmanager
async def stand_in() -> AsyncIterator[StandIn]:
    server = StandIn()
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


class Naps:
    """A sleep that takes no time and remembers how long it should have taken."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)


@asynccontextmanager
async def client_of(server: StandIn, **changes: Any) -> AsyncIterator[InfowayRest]:
    """Yield a client of the stand-in whose waits take no time, as `client.naps.slept` tells them."""
    client = InfowayRest(infoway_settings(server, **changes), LocalBudget(), sleep=Naps(), seed=1)
    try:
        yield client
    finally:
        await client.close()
