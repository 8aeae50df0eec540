"""What is traded and what it costs: instruments, quotes, features, bars, and how good the data is."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from tradewind.api.admission import signed_in
from tradewind.api.answers import Limit, as_json, found
from tradewind.api.injected import TheHouse, TheSettings, TheViews
from tradewind.domain.bar import Bar
from tradewind.domain.feature import FeatureSnapshot
from tradewind.domain.instrument import Instrument
from tradewind.domain.rights import Permission
from tradewind.domain.tick import Tick
from tradewind.errors import StateConflictError

_MARKET = signed_in(Permission.MARKET)


@get("/api/v1/instruments", opt=_MARKET, sync_to_thread=False, tags=["market"])
def instruments(house: TheHouse) -> list[Instrument]:
    """List the instruments of this run."""
    return list(house.instruments.all())


@get("/api/v1/instruments/{instrument_id:str}", opt=_MARKET, sync_to_thread=False, tags=["market"])
def instrument(house: TheHouse, instrument_id: FromPath[str]) -> Instrument:
    """Return the facts of one instrument."""
    return found(house.instruments.find(instrument_id), what="instrument", name=instrument_id)


@get("/api/v1/quotes", opt=_MARKET, sync_to_thread=False, tags=["market"])
def quotes(views: TheViews) -> Response[list[Tick]]:
    """List the newest quote of every instrument."""
    return as_json(views.quotes_json())


@get("/api/v1/quotes/{instrument_id:str}", opt=_MARKET, sync_to_thread=False, tags=["market"])
def quote(views: TheViews, instrument_id: FromPath[str]) -> Tick:
    """Return the newest quote of one instrument."""
    return found(views.quote(instrument_id), what="quote of", name=instrument_id)


@get("/api/v1/features", opt=_MARKET, sync_to_thread=False, tags=["market"])
def features(views: TheViews) -> list[FeatureSnapshot]:
    """List the newest features of every instrument."""
    return views.features()


@get("/api/v1/features/{instrument_id:str}", opt=_MARKET, sync_to_thread=False, tags=["market"])
def features_of(views: TheViews, instrument_id: FromPath[str]) -> FeatureSnapshot:
    """Return the newest features of one instrument."""
    return found(views.features_of(instrument_id), what="features of", name=instrument_id)


@get("/api/v1/bars/{instrument_id:str}", opt=_MARKET, sync_to_thread=False, tags=["market"])
def bars(views: TheViews, settings: TheSettings, instrument_id: FromPath[str], limit: Limit = None) -> list[Bar]:
    """List the newest closed bars of one instrument, the oldest of them first; empty before the first closes."""
    return views.bars_of(instrument_id, limit or settings.default_limit)


@get("/api/v1/quality", opt=signed_in(Permission.SYSTEM), tags=["market"])
async def quality(house: TheHouse) -> list[Any]:
    """List a scorecard per instrument: what came in, what was rejected and why."""
    return list(await house.quality.scorecards())


@get("/api/v1/quality/{instrument_id:str}", opt=_MARKET, tags=["market"])
async def quality_of(house: TheHouse, instrument_id: FromPath[str]) -> Any:  # noqa: ANN401 - the market room's own struct
    """Return one instrument's scorecard, what its badges on the page are made of; `null` before its first tick."""
    cards = await house.quality.scorecards()
    return next((card for card in cards if _named(card) == instrument_id), None)


def _named(card: Any) -> str:  # noqa: ANN401 - a struct here, its builtins from another process
    name = card["instrument_id"] if isinstance(card, dict) else card.instrument_id
    return str(name)


@post("/api/v1/quotes/{instrument_id:str}/test", opt=signed_in(Permission.OPERATE), status_code=202, tags=["market"])
async def send_test_quote(house: TheHouse, instrument_id: FromPath[str]) -> Any:  # noqa: ANN401 - the market room's own struct
    """Send the newest quote once more through the whole line, marked as a test (C-000-5)."""
    if house.tests is None:
        message = "this process knows no market that could send a test quote; ask the gateway"
        raise StateConflictError(message)
    return found(await house.tests.send(instrument_id), what="quote", name=instrument_id)


MARKET_ROUTES = (
    instruments,
    instrument,
    quotes,
    quote,
    features,
    features_of,
    bars,
    quality,
    quality_of,
    send_test_quote,
)
