"""Minute and day bars of an archived day: its ticks through the line's own cleaning and bar building."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.bus.topics import BARS, CLEAN_TICKS
from tradewind.kernel.clock import NS_PER_S
from tradewind.kernel.metrics import Metrics
from tradewind.runtime.wiring import build_line
from tradewind.stores.ticks.bar import ArchivedBar
from tradewind.stores.ticks.bar_columns import write_bars
from tradewind.stores.ticks.reading import ArchivedDay

if TYPE_CHECKING:
    from tradewind.domain.bar import Bar
    from tradewind.domain.tick import Tick
    from tradewind.runtime.settings import TradewindSettings
    from tradewind.stores.ticks.places import ArchivePlaces

_TAIL_NS: Final = 120 * NS_PER_S
"""Line time after the last tick, so that the last bar is closed."""
_MINUTE_S: Final = 60


class _Collected:
    """What a day gives: its bars in order, and the newest tick of each instrument."""

    def __init__(self) -> None:
        self.bars: dict[str, list[ArchivedBar]] = {}
        self.newest: dict[str, Tick] = {}
        self.settled: dict[str, float] = {}

    def take_bar(self, bar: Bar) -> None:
        self.bars.setdefault(bar.instrument_id, []).append(
            ArchivedBar(
                instrument_id=bar.instrument_id,
                trading_day=bar.trading_day,
                ts_open=bar.ts_open,
                ts_close=bar.ts_close,
                open=bar.open,
                high=bar.high,
                low=bar.low,
                close=bar.close,
                volume=bar.volume,
                turnover=bar.turnover,
                open_interest=bar.open_interest,
                tick_count=bar.tick_count,
            )
        )

    def take_tick(self, tick: Tick) -> None:
        self.newest[tick.instrument_id] = tick


def make_bars(settings: TradewindSettings, places: ArchivePlaces, trading_day: int, recording: str) -> int:
    """Write a day's minute and day bars into the archive; return how many minute bars there are.

    Raises:
        ReplayFileError: the archived day is damaged.
        StoreError: the disk refused.
    """
    features = msgspec.structs.replace(settings.features, bar_interval_s=_MINUTE_S)
    line = build_line(msgspec.structs.replace(settings, features=features, rooms=("features",)), metrics=Metrics())
    found = _Collected()
    line.bus.subscribe(BARS, found.take_bar, group="archive")
    line.bus.subscribe(CLEAN_TICKS, found.take_tick, group="archive")
    line.attach()
    last_ns = 0
    accept = line.intake.accept
    for batch in ArchivedDay(places.manifest(trading_day, recording)).batches():
        for raw in batch:
            accept(raw)
            last_ns = raw[2]
            if raw[20] is not None:
                found.settled[raw[0]] = raw[20]
    line.intake.advance_to(last_ns + _TAIL_NS)
    line.detach()
    write_bars(places, "1m", trading_day, recording, found.bars)
    write_bars(places, "1d", trading_day, recording, {name: [_day_bar(found, name)] for name in found.bars})
    return sum(map(len, found.bars.values()))


def _day_bar(found: _Collected, instrument_id: str) -> ArchivedBar:
    """Roll a day's minute bars up; volume and turnover are the day's totals, the opening auction included."""
    bars, newest = found.bars[instrument_id], found.newest[instrument_id]
    return ArchivedBar(
        instrument_id=instrument_id,
        trading_day=bars[-1].trading_day,
        ts_open=bars[0].ts_open,
        ts_close=bars[-1].ts_close,
        open=bars[0].open,
        high=max(bar.high for bar in bars),
        low=min(bar.low for bar in bars),
        close=bars[-1].close,
        volume=newest.volume,
        turnover=newest.turnover,
        open_interest=newest.open_interest,
        tick_count=sum(bar.tick_count for bar in bars),
        settlement_price=found.settled.get(instrument_id),
    )
