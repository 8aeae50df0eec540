"""Which trading day it is for a contract and whether it trades at this moment; the last answer is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tradewind.domain.hours import TradingCalendar, TradingDayHours


class TradingHours:
    """Asks the calendar as rarely as can be: the day that holds a moment holds the next ones too."""

    def __init__(self, calendar: TradingCalendar) -> None:
        self._calendar = calendar
        self._days: dict[str, TradingDayHours] = {}

    def day(self, hours_id: str, now: int) -> TradingDayHours:
        """Return the trading day a moment lies in, or else the next to open."""
        day = self._days.get(hours_id)
        if day is None or not day.auction_ns < now <= day.close_ns:
            day = self._days[hours_id] = self._calendar.day_at(hours_id, now)
        return day


def is_open(day: TradingDayHours, now: int, *, with_auction: bool) -> bool:
    """Say whether orders may be sent: in a section, the closing instant included, or in the opening auction."""
    if with_auction and day.auction_ns <= now < day.open_ns:
        return True
    return any(section.open_ns <= now <= section.close_ns for section in day.sections)
