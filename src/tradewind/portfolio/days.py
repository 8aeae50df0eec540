"""Which trading day an account is in, and when a day is over: when the last market it may trade in has closed.

The exchanges settle after the close and before the evening session, which already belongs to the next day; so does
this: some time after the last close, see `settle_after_s`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind.kernel.clock import NS_PER_S

if TYPE_CHECKING:
    from tradewind.domain.hours import TradingCalendar
    from tradewind.portfolio.settings import PortfolioSettings


class AccountDays:
    """Asks the calendar for all hours an account trades in."""

    def __init__(self, calendar: TradingCalendar, settings: PortfolioSettings) -> None:
        self._calendar = calendar
        self._hours = settings.hours
        self._delay_ns = settings.settle_after_s * NS_PER_S

    def at(self, ts: int) -> int:
        """Return the trading day that accounts are in at `ts`."""
        return min(self._calendar.day_at(hours_id, ts - self._delay_ns).trading_day for hours_id in self._hours)

    def has_begun(self, trading_day: int, ts: int) -> bool:
        """Say whether the calendar agrees that some market is in that day already."""
        days = (self._calendar.day_at(hours_id, ts) for hours_id in self._hours)
        return any(day.trading_day == trading_day and day.auction_ns <= ts for day in days)
