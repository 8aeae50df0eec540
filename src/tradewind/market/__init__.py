"""The market room: from a source's raw quotes to clean, numbered ticks of known instruments in trading hours.

Reads: a `Source` (simulator or replay), the shipped facts in `data/`. Writes: CLEAN_TICKS, QUOTE_SNAPSHOTS.
Main types: `MarketLine` (the line's mouth), `TickCleaner`, `InstrumentTable`, `ExchangeCalendar`.
"""

from __future__ import annotations
