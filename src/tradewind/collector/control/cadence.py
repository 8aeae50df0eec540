"""When a schedule is due next: by cron in a time zone, or so many minutes around a trading day's ends. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from tradewind.domain.job import CronCadence
from tradewind.errors import InputError
from tradewind.kernel.clock import NS_PER_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.domain.hours import TradingDayHours
    from tradewind.domain.job import Cadence, MarketCadence

    Hours = Callable[[str, int], TradingDayHours]
    """Returns the trading day of a contract that a moment lies in, or else the next. Raises: InputError: no such."""

_FIELDS: Final = 5
_NS_PER_MINUTE: Final = 60 * NS_PER_S
_DAYS_AHEAD: Final = 15
"""Trading days looked at: the longest holidays are shorter."""


def next_time(cadence: Cadence, after: int, hours: Hours) -> int:
    """Return the first moment after `after` (ns UTC) at which it is due.

    Raises: InputError: it is none: cron cannot be read or never comes, or nobody knows the zone or the contract.
    """
    if isinstance(cadence, CronCadence):
        return _by_clock(cadence, after)
    return _by_market(cadence, after, hours)


def _by_clock(cadence: CronCadence, after: int) -> int:
    if len(cadence.cron.split()) != _FIELDS:
        message = f"cron has {_FIELDS} fields (minute hour day month weekday), was {cadence.cron!r}"
        raise InputError(message)
    try:
        zone = ZoneInfo(cadence.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        message = f"zone must be a time zone as Asia/Shanghai, was {cadence.zone!r}"
        raise InputError(message) from error
    begin = datetime.fromtimestamp(after // NS_PER_S, UTC).astimezone(zone)
    try:
        found = next(CronSim(cadence.cron, begin))
    except CronSimError as error:
        message = f"cron {cadence.cron!r} cannot be read: {error}"
        raise InputError(message) from error
    except StopIteration as error:
        message = f"cron {cadence.cron!r} never comes"
        raise InputError(message) from error
    return int(found.timestamp()) * NS_PER_S


def _by_market(cadence: MarketCadence, after: int, hours: Hours) -> int:
    shift = cadence.minutes * _NS_PER_MINUTE
    look = after - max(shift, 0)
    for _ in range(_DAYS_AHEAD):
        day = hours(cadence.instrument_id, look)
        due = (day.open_ns if cadence.anchor == "open" else day.close_ns) + shift
        if due > after:
            return due
        look = day.close_ns + _NS_PER_MINUTE
    message = f"{cadence.instrument_id} has no trading day in sight"
    raise InputError(message)
