"""How a contract's volume usually spreads over the day, minute by minute, learnt from the bars of past days.

For VWAP: which part of the volume between two moments is usually done by a third. Nothing is assumed: without a whole
day seen there is no curve, and the algorithm says that it goes by time.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from tradewind.domain.bar import Bar

_MINUTE_NS: Final = 60_000_000_000
_MINUTES: Final = 1_440
_KEEP: Final = 4
"""A day counts one part in `_KEEP` of the curve, so that about that many days are remembered."""
_LEAST_BARS: Final = 30


class _Day(msgspec.Struct):
    trading_day: int = 0
    volumes: dict[int, int] = {}


class VolumeCurves(msgspec.Struct):
    """One curve a contract; `heard` builds it, at most `max_instruments` of them (further ones have none)."""

    max_instruments: int = 500
    days: dict[str, _Day] = {}
    curves: dict[str, dict[int, float]] = {}

    def heard(self, bar: Bar) -> None:
        """Count a closed one-minute bar."""
        day = self.days.get(bar.instrument_id)
        if day is None:
            if len(self.days) >= self.max_instruments:
                return
            day = self.days[bar.instrument_id] = _Day()
        if bar.trading_day != day.trading_day:
            self._close(bar.instrument_id, day)
            day.trading_day, day.volumes = bar.trading_day, {}
        minute = bar.ts_open // _MINUTE_NS % _MINUTES
        day.volumes[minute] = day.volumes.get(minute, 0) + bar.volume

    def share(self, instrument_id: str, begin_ns: int, end_ns: int, at_ns: int) -> Decimal | None:
        """Return which part of the volume of [begin, end] is usually done by `at`; `None` where nothing is known."""
        curve = self.curves.get(instrument_id)
        if curve is None:
            return None
        whole = _between(curve, begin_ns, end_ns)
        if not whole:
            return None
        return Decimal(repr(min(max(_between(curve, begin_ns, at_ns) / whole, 0.0), 1.0)))

    def _close(self, instrument_id: str, day: _Day) -> None:
        if len(day.volumes) < _LEAST_BARS:
            return
        known = self.curves.get(instrument_id)
        if known is None:
            self.curves[instrument_id] = {minute: float(volume) for minute, volume in day.volumes.items()}
            return
        for minute in sorted({*known, *day.volumes}):
            was = known.get(minute, 0.0)
            known[minute] = was + (day.volumes.get(minute, 0) - was) / _KEEP


def _between(curve: dict[int, float], begin_ns: int, end_ns: int) -> float:
    """Sum the curve over a stretch of time; parts of a minute count in part."""
    total, minute = 0.0, begin_ns // _MINUTE_NS
    while minute * _MINUTE_NS < end_ns:
        opens_ns = minute * _MINUTE_NS
        part = (min(end_ns, opens_ns + _MINUTE_NS) - max(begin_ns, opens_ns)) / _MINUTE_NS
        total += curve.get(minute % _MINUTES, 0.0) * part
        minute += 1
    return total
