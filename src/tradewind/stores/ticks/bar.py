"""A bar as the archive keeps it."""

from __future__ import annotations

from typing import Final

import msgspec

INTERVALS: Final = ("1m", "1d")


class ArchivedBar(msgspec.Struct, frozen=True, gc=False):
    """One bar of the archive; see `domain.bar.Bar` for the meaning of its fields."""

    instrument_id: str
    trading_day: int
    ts_open: int
    ts_close: int
    open: float
    high: float
    low: float
    close: float
    volume: int
    turnover: float
    open_interest: float
    tick_count: int
    settlement_price: float | None = None
