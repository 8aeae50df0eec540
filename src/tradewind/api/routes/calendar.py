"""When a contract trades: the sections of its trading days, night session first, for every axis of time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from litestar import get
from litestar.params import QueryParameter

from tradewind.api.admission import signed_in
from tradewind.api.answers import found
from tradewind.api.error_map import InvalidError
from tradewind.api.injected import TheHouse, TheViews
from tradewind.domain.hours import TradingDayHours
from tradewind.domain.rights import Permission
from tradewind.kernel.clock import NS_PER_S

if TYPE_CHECKING:
    from tradewind.domain.hours import TradingCalendar

_LAST_NS: Final = 4_102_444_800 * NS_PER_S
"""2100-01-01: dates beyond are somebody's mistake, and no list of holidays reaches there."""
_STEP_NS: Final = 12 * 3600 * NS_PER_S
"""Shorter than from any close to the next: walking back by it passes over no trading day."""
_LONGEST_HOLIDAY_STEPS: Final = 2 * 20

Contract = Annotated[str, QueryParameter(max_length=64, description="The contract, as symbol.EXCHANGE.")]
Moment = Annotated[
    int,
    QueryParameter(
        ge=0,
        le=_LAST_NS,
        description="A moment of the last day to list, ns since 1970 UTC; 0: that of the newest quote.",
    ),
]
Days = Annotated[int, QueryParameter(ge=1, le=20, description="How many trading days, the last of them included.")]


@get("/api/v1/calendar/sessions", opt=signed_in(Permission.MARKET), sync_to_thread=False, tags=["market"])
def sessions(
    house: TheHouse, views: TheViews, instrument_id: Contract, at_ns: Moment = 0, days: Days = 1
) -> list[TradingDayHours]:
    """List trading days of a contract, the oldest first: each with its sections in order, night session first.

    The last is the day that `at_ns` lies in, or the next one to open after it. Times in ns UTC.
    """
    instrument = found(house.instruments.find(instrument_id), what="instrument", name=instrument_id)
    moment = at_ns
    if moment == 0:
        quote = views.quote(instrument_id)
        if quote is None:
            message = f"at_ns must be given, ns since 1970 UTC: no quote of {instrument_id} has come yet"
            raise InvalidError(message, field="at_ns")
        moment = quote.ts_event
    return _days_until(house.calendar, instrument.hours_id, moment, days)


def _days_until(calendar: TradingCalendar, hours_id: str, moment: int, count: int) -> list[TradingDayHours]:
    """Return `count` trading days, the last the one of `moment`; fewer where time begins."""
    laid_out = [calendar.day_at(hours_id, moment)]
    for _ in range(count * 2 + _LONGEST_HOLIDAY_STEPS):
        if len(laid_out) == count or moment < _STEP_NS * 4:
            break
        moment -= _STEP_NS
        day = calendar.day_at(hours_id, moment)
        if day.trading_day != laid_out[-1].trading_day:
            laid_out.append(day)
    return laid_out[::-1]


CALENDAR_ROUTES = (sessions,)
