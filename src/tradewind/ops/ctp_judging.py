"""What a CTP front tells after a login means for an installation: its exchanges' clocks, and how much it takes."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Final

from tradewind.ops.findings import Found, ok, warn

if TYPE_CHECKING:
    from collections.abc import Mapping

CLOCK_WARN_S: Final = 2.0
"""Fronts tell whole seconds, and are themselves some tenths off; sessions and deadlines stand further apart."""
ANOTHER_DAY_S: Final = 3_600.0
"""So far off is no clock that goes wrong: test fronts repeat an old day around the clock."""
_DAY_S: Final = 86_400
_HALF_S: Final = 0.5
"""Where within its second a time was told."""


def seconds_of(time: str) -> int | None:
    """Return the second of the day of `09:30:00`, `None` where it is no time: fronts leave some empty."""
    parts = time.strip().split(":")
    if len(parts) != len(("h", "m", "s")) or not all(part.isascii() and part.isdecimal() for part in parts):
        return None
    hours, minutes, seconds = map(int, parts)
    return hours * 3_600 + minutes * 60 + seconds


def exchange_clocks(who: str, times: Mapping[str, str], *, here_s: float, took_s: float) -> Found:
    """Judge this clock by those of exchanges: `here_s` of China's day when they were told, `took_s` on the way."""
    ahead = {
        name: _apart(here_s - took_s / 2 - (told_s + _HALF_S))
        for name, time in times.items()
        if (told_s := seconds_of(time)) is not None
    }
    if not ahead:
        return ok(f"{who}: the front tells no exchange's time, so this clock cannot be compared")
    middle_s = median(ahead.values())
    direction = "ahead of" if middle_s > 0 else "behind"
    text = f"{who}: this clock is {abs(middle_s):,.1f} s {direction} those of {', '.join(ahead)}"
    if abs(middle_s) >= ANOTHER_DAY_S:
        return warn(
            f"{text}: the front does not tell China's time of now",
            'a front for tests that repeats an old day wants market.ctp.quote_time = "arrival"; else set this clock',
        )
    if abs(middle_s) > CLOCK_WARN_S + took_s / 2:
        return warn(text, "let NTP set this machine's clock (timedatectl set-ntp true, or chrony)")
    return ok(text)


def query_limit(who: str, per_s: int, spacing_s: float) -> Found:
    """Judge the time between two queries by how many a second the front answers; 0: it does not say."""
    if per_s <= 0:
        return ok(f"{who}: the front does not say how many queries it takes; one goes every {spacing_s:g} s")
    text = f"{who}: the front takes {per_s} queries a second (QryFreq), query_spacing_s is {spacing_s:g}"
    if spacing_s * per_s < 1.0:
        return warn(
            f"{text}: some are refused with -3 and asked again",
            f"set execution.ctp.query_spacing_s to {1.05 / per_s:.2f} or more; where the front takes more, more go",
        )
    return ok(text)


def order_limit(who: str, per_s: int, flow_per_s: int) -> Found:
    """Judge the orders and cancels a second that we send by how many the front takes; 0: it does not say."""
    if per_s <= 0:
        return ok(f"{who}: the front does not say how many orders it takes; {flow_per_s} a second go (flow_per_s)")
    text = f"{who}: the front takes {per_s} orders and cancels a second (FTDPkgFreq), and no more go"
    if flow_per_s > per_s:
        return warn(
            f"{text}; until it has said so, {flow_per_s} would (flow_per_s)",
            f"set execution.ctp.flow_per_s = {per_s}: the front holds back what is too much, without a word",
        )
    return ok(text)


def _apart(seconds: float) -> float:
    """Return a difference of two times of day, the short way round midnight."""
    return (seconds + _DAY_S / 2) % _DAY_S - _DAY_S / 2
