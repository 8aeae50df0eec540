"""When the day of a code's market ends: by its calendar, so that holidays, half days and summer time count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.infoway.codes import market_of, spelled
from tradewind.kernel.clock import NS_PER_MS, NS_PER_S

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradewind.domain.hours import TradingCalendar

HOURS: Final[Mapping[str, str]] = {"CN": "cn_equities", "HK": "hk_equities", "US": "us_regular", "FX": "fx"}
"""Markets with a calendar, and whose hours they keep; American shares end their day at 16:00, not after hours."""
_MARKETS: Final[Mapping[str, str]] = {"SH": "CN", "SZ": "CN", "HK": "HK", "US": "US"}
_LOOK_BACK_NS: Final = 14 * 86_400 * NS_PER_S
"""Longer than any market is closed on end."""
_MINUTE_NS: Final = 60 * NS_PER_S


class DayEnd(msgspec.Struct, frozen=True):
    """One day of a market: it opened at `since_ms` and closed at `close_ms`; ms since 1970.

    Trades until `until_ms` are its own, be they printed a little late; at `due_ms` its closes are fetched.
    """

    market: str
    trading_day: int
    since_ms: int
    close_ms: int
    until_ms: int
    due_ms: int


def market_with_calendar(code: str) -> str:
    """Return the market that ends a code's day, empty where no calendar is known for it."""
    found = spelled(code)
    suffix = found.rpartition(".")[2] if "." in found else ""
    if suffix:
        return _MARKETS.get(suffix, "")
    return "FX" if market_of(found) == "common" else ""


def day_ends(
    calendar: TradingCalendar, market: str, now_ns: int, after_ns: int, grace_ns: int = 0
) -> tuple[DayEnd, DayEnd]:
    """Return the last day of a market whose closes were due at `now_ns` and the first whose closes are not yet.

    They are due `after_ns` after its close; trades up to `grace_ns`, or that if it is less, after it are the day's.
    """
    at_ns, grace_ns = now_ns - _LOOK_BACK_NS, min(grace_ns, after_ns)
    last = coming = _day_end(calendar, market, at_ns, after_ns, grace_ns)
    while coming.due_ms * NS_PER_MS <= now_ns:
        last = coming
        # Past the calendar's tolerance, within which the closing instant still belongs to the day.
        at_ns = last.due_ms * NS_PER_MS - after_ns + _MINUTE_NS
        coming = _day_end(calendar, market, at_ns, after_ns, grace_ns)
    return last, coming


def _day_end(calendar: TradingCalendar, market: str, at_ns: int, after_ns: int, grace_ns: int) -> DayEnd:
    day = calendar.day_at(HOURS[market], at_ns)
    close_ms = day.close_ns // NS_PER_MS
    until_ms, due_ms = close_ms + grace_ns // NS_PER_MS, close_ms + after_ns // NS_PER_MS
    return DayEnd(market, day.trading_day, day.open_ns // NS_PER_MS, close_ms, until_ms, due_ms)
