"""When somebody's quiet ends: fixed hours of China's day, or all the time in which nothing is traded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.domain.notice import Quiet, Wishes
from tradewind.kernel.clock import NS_PER_S

if TYPE_CHECKING:
    from tradewind.domain.hours import TradingCalendar

_MINUTE_NS: Final = 60 * NS_PER_S
_DAY_MIN: Final = 1_440
_CHINA_MIN: Final = 8 * 60
"""Minutes by which China is ahead of UTC, summer and winter."""


def awake_at(wishes: Wishes, now: int, *, calendar: TradingCalendar, hours_id: str) -> int:
    """Return from when a message may be sent, ns UTC: `now`, or the end of the quiet it falls into."""
    match wishes.quiet:
        case Quiet.NEVER:
            return now
        case Quiet.HOURS:
            return _after_hours(now, wishes.quiet_from, wishes.quiet_until)
        case Quiet.OFF_SESSION:
            if calendar.section_at(hours_id, now) is not None:
                return now
            sections = calendar.day_at(hours_id, now).sections
            return next((section.open_ns for section in sections if section.open_ns >= now), now)


def _after_hours(now: int, begins: int, ends: int) -> int:
    minute = (now // _MINUTE_NS + _CHINA_MIN) % _DAY_MIN
    is_quiet = begins <= minute < ends if begins < ends else minute >= begins or minute < ends
    if not is_quiet:
        return now
    left = (ends - minute) % _DAY_MIN
    return (now // _MINUTE_NS + left) * _MINUTE_NS
