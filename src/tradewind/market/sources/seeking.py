"""A place in a recording: so many percent of its ticks, or a moment."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from tradewind.errors import ConfigError
from tradewind.kernel.clock import NS_PER_S

_WHOLE: Final = 100.0


class Place(msgspec.Struct, frozen=True):
    """Where playing is to go on; one of the two, or neither for the beginning."""

    percent: float | None = None
    ts: int | None = None
    """Receive time, ns UTC."""

    def __str__(self) -> str:
        if self.percent is not None:
            return f"{self.percent:g}%"
        return "" if self.ts is None else f"{self.ts}ns"


def place_of(text: str) -> Place:
    """Read `37.5%`, `2026-03-02T10:30:00+08:00` or a time in `…ns`; empty is the beginning.

    Raises: ConfigError: it is none of these.
    """
    place = _read(text)
    if place is None:
        message = (
            f"market.replay.begin must be empty, a share such as 37.5%, or a time with its zone such as "
            f"2026-03-02T10:30:00+08:00, was {text!r}"
        )
        raise ConfigError(message)
    return place


def _read(text: str) -> Place | None:
    try:
        if text.endswith("%"):
            percent = float(text[:-1])
            return Place(percent=percent) if 0 <= percent <= _WHOLE else None
        if text.endswith("ns"):
            return Place(ts=int(text[:-2]))
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    if moment is None:
        return Place()
    return None if moment.tzinfo is None else Place(ts=round(moment.timestamp()) * NS_PER_S)
