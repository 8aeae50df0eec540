"""The market room: from a source's raw quotes to clean, numbered ticks of known instruments in trading hours.

Reads: a `Source` (simulator, replay, ZeroMQ feed), the shipped facts in `data/`. Writes: CLEAN_TICKS, QUOTE_SNAPSHOTS.
Main types: `MarketLine` (the line's mouth), `InstrumentTable`, `ExchangeCalendar`, `MarketQueries`.
"""

from __future__ import annotations

from tradewind.market.calendar import ExchangeCalendar, RoundTheClockCalendar, build_calendar
from tradewind.market.contracts import InstrumentTable
from tradewind.market.ports import Intake, RecordedSource, Source
from tradewind.market.quality import Scorecard
from tradewind.market.queries import MarketQueries, SessionState
from tradewind.market.reasons import RejectReason, RepairReason
from tradewind.market.service import LineCounts, MarketLine, MarketService
from tradewind.market.settings import CleaningSettings, MarketSettings

__all__ = [
    "CleaningSettings",
    "ExchangeCalendar",
    "InstrumentTable",
    "Intake",
    "LineCounts",
    "MarketLine",
    "MarketQueries",
    "MarketService",
    "MarketSettings",
    "RecordedSource",
    "RejectReason",
    "RepairReason",
    "RoundTheClockCalendar",
    "Scorecard",
    "SessionState",
    "Source",
    "build_calendar",
]
