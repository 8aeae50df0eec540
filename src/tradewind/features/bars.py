"""One instrument's bars: cut along the trading hours, each closed exactly once.

A bar is closed by the first tick of a later one or, when none comes, by a timer a little after its end. The grid
starts at the opening of each section, so no bar reaches over a break. Ticks stamped at a section's very end, within
the exchange's tolerance, belong to its last bar; the tick of an opening auction belongs to the first bar after it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tradewind.domain.bar import Bar
from tradewind.domain.hours import Section, TradingCalendar
from tradewind.domain.instrument import Instrument
from tradewind.domain.tick import Tick, TickFlag
from tradewind.features.settings import FeatureSettings
from tradewind.kernel.clock import NS_PER_MS, NS_PER_S, LineClock, Timer

_AUCTION: Final = int(TickFlag.AUCTION)


def bar_span(
    calendar: TradingCalendar, hours_id: str, ts: int, *, is_auction: bool, interval_ns: int
) -> tuple[int, int, bool] | None:
    """Return (start, end, whether it ends its section) of the bar that a tick of `ts` belongs to.

    `None` outside trading, except for an auction, which belongs to the section that it opens.
    """
    section = calendar.section_at(hours_id, ts) or _opened_by(calendar, hours_id, ts, is_auction=is_auction)
    if section is None:
        return None
    opened, closed = section.open_ns, section.close_ns
    start = opened + (min(max(ts, opened), closed - 1) - opened) // interval_ns * interval_ns
    end = min(start + interval_ns, closed)
    return start, end, end == closed


def _opened_by(calendar: TradingCalendar, hours_id: str, ts: int, *, is_auction: bool) -> Section | None:
    day = calendar.day_at(hours_id, ts)
    for section in day.sections:
        if ts < section.open_ns:
            is_first = section is day.sections[0]
            return section if is_auction or (is_first and ts >= day.auction_ns) else None
    return None


class BarBuilder:
    """Builds the bars of one instrument and hands each closed one to `publish`."""

    __slots__ = (
        "_calendar",
        "_clock",
        "_from",
        "_grace_ns",
        "_high",
        "_hours_id",
        "_interval_ns",
        "_last",
        "_low",
        "_open",
        "_publish",
        "_start",
        "_ticks",
        "_timer",
        "_tolerance_ns",
        "_turnover",
        "_until",
        "_volume",
        "late_ticks",
        "off_session_ticks",
    )

    def __init__(
        self,
        instrument: Instrument,
        *,
        settings: FeatureSettings,
        calendar: TradingCalendar,
        clock: LineClock,
        publish: Callable[[Bar], None],
    ) -> None:
        """Begin without a bar; ticks that no bar takes are counted in `late_ticks` and `off_session_ticks`."""
        self._hours_id = instrument.hours_id
        self._interval_ns = settings.bar_interval_s * NS_PER_S
        self._grace_ns = settings.bar_grace_ms * NS_PER_MS
        self._tolerance_ns = settings.close_tolerance_ms * NS_PER_MS
        self._calendar = calendar
        self._clock = clock
        self._publish = publish
        self._start = self._from = self._until = 0
        self._open = self._high = self._low = self._turnover = 0.0
        self._volume = self._ticks = 0
        self._last: Tick | None = None
        self._timer: Timer | None = None
        self.late_ticks = 0
        self.off_session_ticks = 0

    def add(self, tick: Tick) -> None:
        """Take the next tick into the bar it belongs to, closing the one before."""
        ts = tick.ts_event
        if ts >= self._until:
            if not self._enter(ts, tick.flags):
                return
        elif ts < self._from or not self._ticks:
            self.late_ticks += 1
            return
        price = tick.last_price
        if not self._ticks:
            self._open = self._high = self._low = price
        elif price > self._high:
            self._high = price
        elif price < self._low:
            self._low = price
        self._last = tick
        self._volume += tick.volume_delta
        self._turnover += tick.turnover_delta
        self._ticks += 1

    def cancel(self) -> None:
        """Give up the bar under way and its timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._ticks = 0
        self._last = None

    def _enter(self, ts: int, flags: int) -> bool:
        """Move on to the bar of `ts`; false when no bar may take that tick."""
        span = bar_span(
            self._calendar, self._hours_id, ts, is_auction=bool(flags & _AUCTION), interval_ns=self._interval_ns
        )
        if span is None:
            self.off_session_ticks += 1
            return False
        start, end, ends_section = span
        if start <= self._start:  # In the closing tolerance: the last bar of the section takes it if it still can.
            is_taken = start == self._start and self._ticks > 0
            self.late_ticks += not is_taken
            return is_taken
        self._close()
        self._start, self._from, self._until = start, min(ts, start), end
        wait_ns = self._grace_ns + (self._tolerance_ns if ends_section else 0)
        self._timer = self._clock.call_at(end + wait_ns, self._on_time)
        return True

    def _on_time(self, _due_ns: int) -> None:
        self._timer = None
        self._close()

    def _close(self) -> None:
        last, ticks = self._last, self._ticks
        volume, turnover = self._volume, self._turnover
        self.cancel()
        self._volume, self._turnover = 0, 0.0
        if last is None:
            return
        self._publish(
            Bar(
                instrument_id=last.instrument_id,
                interval_s=self._interval_ns // NS_PER_S,
                ts_open=self._start,
                ts_close=self._until,
                trading_day=last.trading_day,
                open=self._open,
                high=self._high,
                low=self._low,
                close=last.last_price,
                volume=volume,
                turnover=turnover,
                open_interest=last.open_interest,
                tick_count=ticks,
                seq=last.seq,
            )
        )
