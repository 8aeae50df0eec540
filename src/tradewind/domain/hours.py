"""Trading hours as the line needs them: is this moment tradable, where does this minute's bar begin, what is next.

A `TradingDayHours` is one instrument's sessions of one trading day, laid out in absolute time by the calendar
(market/calendar.py); everything here is comparison of integers, so it can be asked at every tick.
"""

from __future__ import annotations

from typing import Protocol

import msgspec


class Section(msgspec.Struct, frozen=True, gc=False):
    """One unbroken stretch of trading, [open_ns, close_ns] in ns UTC; the closing instant belongs to it."""

    open_ns: int
    close_ns: int


class TradingDayHours(msgspec.Struct, frozen=True):
    """The sections of one trading day in order, night session first; `auction_ns` opens the first call auction."""

    trading_day: int
    auction_ns: int
    sections: tuple[Section, ...]

    @property
    def open_ns(self) -> int:
        """Start of the first section."""
        return self.sections[0].open_ns

    @property
    def close_ns(self) -> int:
        """End of the last section."""
        return self.sections[-1].close_ns


class TradingCalendar(Protocol):
    """When an instrument trades. Implemented in market/calendar.py; injected where needed by the wiring."""

    def day_at(self, hours_id: str, ts: int) -> TradingDayHours:
        """Return the trading day that `ts` lies in, or else the next one to open after it."""
        ...

    def section_at(self, hours_id: str, ts: int) -> Section | None:
        """Return the section that `ts` lies in, with the closing tolerance; `None` outside trading."""
        ...
