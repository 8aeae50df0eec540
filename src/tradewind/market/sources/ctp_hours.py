"""When a front is worth supervising: around the sessions of what is traded, since it may be closed at other times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.kernel.clock import NS_PER_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tradewind.domain.hours import TradingCalendar, TradingDayHours

_BREAK_NS: Final = 3 * 3600 * NS_PER_S
"""A shorter pause between two sections is a break of one session: lunch lasts two hours, the night at least six."""
_AUCTION_NS: Final = 300 * NS_PER_S
"""Auctions begin so long before the open."""


class SessionHours:
    """Knows whether any of its hours is open, about to open, or closed a moment ago."""

    def __init__(self, calendar: TradingCalendar, *, before_s: float, after_s: float) -> None:
        """Count from `before_s` ahead of a session's auction until `after_s` behind its end."""
        self._calendar = calendar
        self._before_ns = round(before_s * NS_PER_S) + _AUCTION_NS
        self._after_ns = round(after_s * NS_PER_S)
        self._hours: set[str] = set()
        self._holds_ns = (0, 0)
        self._is_due = False

    def expect(self, hours_id: str) -> None:
        """Count these hours too."""
        if hours_id not in self._hours:
            self._hours.add(hours_id)
            self._holds_ns = (0, 0)

    def is_due(self, now_ns: int) -> bool:
        """Say whether a connection is worth having now."""
        since_ns, until_ns = self._holds_ns
        if not since_ns <= now_ns < until_ns:
            self._look(now_ns)
        return self._is_due

    def trading_days(self, now_ns: int) -> set[int]:
        """Return the trading days that the calendar gives an open market: one, or none where all is closed."""
        days = (self._calendar.day_at(hours_id, now_ns) for hours_id in self._hours)
        return {day.trading_day for day in days if day.auction_ns <= now_ns}

    def _look(self, now_ns: int) -> None:
        """Work out the answer and until when it holds."""
        spans = sorted(span for hours_id in self._hours for span in self._spans(hours_id, now_ns))
        self._is_due = any(begin <= now_ns < end for begin, end in spans)
        later = [edge for span in spans for edge in span if edge > now_ns]
        self._holds_ns = (now_ns, min(later, default=now_ns))

    def _spans(self, hours_id: str, now_ns: int) -> Iterator[tuple[int, int]]:
        day_at = self._calendar.day_at
        days: dict[int, TradingDayHours] = {}
        for moment in (now_ns - self._after_ns, now_ns, now_ns + self._before_ns):
            found = day_at(hours_id, moment)
            days[found.trading_day] = found
        for day in days.values():
            begin, end = day.sections[0].open_ns, day.sections[0].close_ns
            for section in day.sections[1:]:
                if section.open_ns - end >= _BREAK_NS:
                    yield begin - self._before_ns, end + self._after_ns
                    begin = section.open_ns
                end = section.close_ns
            yield begin - self._before_ns, end + self._after_ns
