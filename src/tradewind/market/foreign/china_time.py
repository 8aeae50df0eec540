"""Chinese civil time to ns UTC and back, in the ways that other systems write it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from tradewind.kernel.clock import NS_PER_S

CHINA: Final = timezone(timedelta(hours=8))
_US_NS: Final = 1_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def china_datetime(ts: int) -> datetime:
    """Return the civil time of a moment, to the microsecond."""
    return (_EPOCH + timedelta(microseconds=ts // _US_NS)).astimezone(CHINA)


def ns_of(moment: datetime) -> int:
    """Return ns UTC; a time without a zone is China's."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=CHINA)
    since = aware - _EPOCH
    return (since.days * 86_400 + since.seconds) * NS_PER_S + since.microseconds * _US_NS


def date_number(ts: int) -> int:
    """Return the civil date as one number."""
    moment = china_datetime(ts)
    return moment.year * 10_000 + moment.month * 100 + moment.day


def time_number(ts: int) -> int:
    """Return the civil time as one number, 93000400 for 09:30:00.400."""
    moment = china_datetime(ts)
    return ((moment.hour * 100 + moment.minute) * 100 + moment.second) * 1_000 + moment.microsecond // 1_000


def moment_of(yyyymmdd: int, hhmm: int) -> int:
    """Return ns UTC of a civil date and minute written as numbers.

    Raises: ValueError: there is no such moment.
    """
    day = datetime(yyyymmdd // 10_000, yyyymmdd // 100 % 100, yyyymmdd % 100, tzinfo=CHINA)
    if not 0 <= hhmm % 100 < 60 or not 0 <= hhmm // 100 < 24:  # noqa: PLR2004 - minutes and hours
        message = f"no time of day: {hhmm}"
        raise ValueError(message)
    return ns_of(day + timedelta(hours=hhmm // 100, minutes=hhmm % 100))
