"""The history of market data over REST: ticks and bars of a contract, page by page, and which days there are.

A page goes on behind the last row of the one before (`after`), so that the thousandth costs what the first does.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from litestar import get
from litestar.params import QueryParameter

from tradewind.api.admission import signed_in
from tradewind.api.history_desk import BarHistory, HistoryQueries, MainDay, RecordedDays, TickHistory
from tradewind.api.injected import TheHouse
from tradewind.api.ports import House
from tradewind.domain.rights import Permission
from tradewind.errors import TransientError

_MARKET = signed_in(Permission.MARKET)
_LARGEST_PAGE: Final = 5_000
_END: Final = (1 << 63) - 1

Contract = Annotated[str, QueryParameter(max_length=64, description="The contract, as symbol.EXCHANGE.")]
FromNs = Annotated[int, QueryParameter(ge=0, description="First receive time, ns since 1970 UTC.")]
UntilNs = Annotated[int, QueryParameter(ge=0, le=_END, description="Receive time from which on nothing is shown.")]
FromDay = Annotated[int, QueryParameter(ge=0, le=99_999_999, description="First trading day, yyyymmdd.")]
UntilDay = Annotated[int, QueryParameter(ge=0, le=99_999_999, description="Last trading day, yyyymmdd.")]
Interval = Annotated[Literal["1m", "1d"], QueryParameter(description="Length of the bars.")]
Product = Annotated[str, QueryParameter(min_length=1, max_length=16, description="The product, such as `au`.")]
Exchange = Annotated[str, QueryParameter(min_length=1, max_length=8, description="Its exchange, such as `SHFE`.")]
Behind = Annotated[str, QueryParameter(max_length=200, description="`next` of the page before.")]
PageSize = Annotated[int, QueryParameter(ge=1, le=_LARGEST_PAGE, description="Rows of a page.")]


@get("/api/v1/history/days", opt=_MARKET, tags=["history"])
async def days(house: TheHouse, from_day: FromDay = 0, until_day: UntilDay = 99_999_999) -> list[RecordedDays]:
    """List the archived trading days, each recording with its contracts."""
    return await _history(house).days(from_day, until_day)


@get("/api/v1/history/ticks", opt=_MARKET, tags=["history"])
async def ticks(
    *,
    house: TheHouse,
    instrument_id: Contract,
    from_ns: FromNs = 0,
    until_ns: UntilNs = _END,
    after: Behind = "",
    limit: PageSize = 1_000,
) -> TickHistory:
    """Return a page of a contract's archived ticks, as they came and before any cleaning, oldest first."""
    return await _history(house).ticks(instrument_id, from_ns=from_ns, until_ns=until_ns, after=after, limit=limit)


@get("/api/v1/history/bars", opt=_MARKET, tags=["history"])
async def bars(
    *,
    house: TheHouse,
    instrument_id: Contract,
    interval: Interval = "1m",
    from_day: FromDay = 0,
    until_day: UntilDay = 99_999_999,
    after: Behind = "",
    limit: PageSize = 1_000,
) -> BarHistory:
    """Return a page of a contract's archived bars, oldest first."""
    return await _history(house).bars(
        instrument_id, interval, from_day=from_day, until_day=until_day, after=after, limit=limit
    )


@get("/api/v1/history/main-contracts", opt=_MARKET, tags=["history"])
async def main_contracts(
    *, house: TheHouse, product_id: Product, exchange: Exchange, from_day: FromDay = 0, until_day: UntilDay = 99_999_999
) -> list[MainDay]:
    """List a product's main contract of each archived day, oldest first: what a continuous chart is joined of.

    A day's main contract is settled by the figures of the day before, never by its own.
    """
    return await _history(house).main_contracts(product_id, exchange, from_day, until_day)


def _history(house: House) -> HistoryQueries:
    if house.history is None:
        message = "there is no history here: market.recording.folder and market.recording.archive_folder are empty"
        raise TransientError(message)
    return house.history


HISTORY_ROUTES = (days, ticks, bars, main_contracts)
