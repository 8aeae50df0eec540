"""Which trading day it is for a contract and whether it trades at this moment; the last answer is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tradewind.domain.hours import TradingCalendar, TradingDayHours


class TradingHours:
    """Asks the calendar as rarely as can be: the day that holds a moment holds the next ones too."""

    def __init__(self, calendar: TradingCalendar, *, with_auction: bool = False) -> None:
        """`with_auction`: orders may be sent in the opening auction too."""
        self._calendar = calendar
        self._with_auction = with_auction
        self._days: dict[str, TradingDayHours] = {}
        self._open: dict[str, tuple[int, int, int]] = {}

    def day(self, hours_id: str, now: int) -> TradingDayHours:
        """Return the trading day a moment lies in, or else the next to open."""
        day = self._days.get(hours_id)
        if day is None or not day.auction_ns < now <= day.close_ns:
            day = self._days[hours_id] = self._calendar.day_at(hours_id, now)
        return day

    def open_day(self, hours_id: str, now: int) -> int:
        """Return the trading day that orders sent now belong to, 0 while none may be sent.

        They may be in a section, its closing instant included, and in the auction where that is allowed.
        """
        known = self._open.get(hours_id)
        if known is not None and known[0] <= now <= known[1]:
            return known[2]
        day = self.day(hours_id, now)
        spans = [(section.open_ns, section.close_ns) for section in day.sections]
        if self._with_auction:
            spans.append((day.auction_ns, day.open_ns - 1))
        for opened, closed in spans:
            if opened <= now <= closed:
                self._open[hours_id] = (opened, closed, day.trading_day)
                return day.trading_day
        return 0
