"""How long an option has left, counted in trading days: nothing moves while the exchange is shut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tradewind.domain.hours import TradingCalendar

_MOST_DAYS: Final = 2_000
"""An end further away than this is a mistake in a table."""
_KEPT: Final = 4_096


class TimeLeft:
    """Years to an option's end by the calendar of its exchange; what was counted once is remembered."""

    def __init__(self, calendar: TradingCalendar, *, days_per_year: int) -> None:
        self._calendar = calendar
        self._days_per_year = days_per_year
        self._whole_days: dict[tuple[str, int, int], int | None] = {}

    def years(self, hours_id: str, expire_date: int, now_ns: int) -> float | None:
        """Return the years from `now_ns` to the close of the trading day `expire_date` (YYYYMMDD).

        `None` when it is over, or beyond what any table can mean.
        """
        today = self._calendar.day_at(hours_id, now_ns)
        if today.trading_day > expire_date:
            return None
        whole = self._days_after(hours_id, today.trading_day, today.close_ns, expire_date)
        if whole is None:
            return None
        traded = sum(section.close_ns - section.open_ns for section in today.sections)
        left = sum(
            section.close_ns - max(section.open_ns, now_ns) for section in today.sections if section.close_ns > now_ns
        )
        years = (whole + left / traded) / self._days_per_year
        return years if years > 0 else None

    def _days_after(self, hours_id: str, trading_day: int, close_ns: int, expire_date: int) -> int | None:
        """Return the trading days after today up to the last one."""
        key = (hours_id, trading_day, expire_date)
        if key not in self._whole_days:
            if len(self._whole_days) >= _KEPT:
                self._whole_days.clear()
            self._whole_days[key] = self._count(hours_id, close_ns, expire_date)
        return self._whole_days[key]

    def _count(self, hours_id: str, close_ns: int, expire_date: int) -> int | None:
        for days in range(_MOST_DAYS):
            # The closing instant belongs to the day that ends: one beyond it is of the next. Tolerance may stretch it.
            following = self._calendar.day_at(hours_id, close_ns + _PAST_CLOSE_NS)
            if following.trading_day > expire_date:
                return days
            close_ns = following.close_ns
        return None


_PAST_CLOSE_NS: Final = 120 * 1_000_000_000
"""Beyond the tolerance after a close (60 s at most)."""
