"""TqSdk's one-minute bars, played as generated ticks: four a bar, so that whatever wants ticks has some.

    datetime=1554701760000000000 open=286.6 high=286.75 low=286.6 close=286.75 volume=144 open_oi=42734 close_oi=42844

These ticks are made up from the bar, not recorded: at 0, 20, 40 and 59.5 seconds of the minute the price is at open,
low, high, close (open, high, low, close in a falling bar), each with a quarter of the bar's volume, the rest with the
close. There is no book. Day totals are built from the file's first bar on and begin anew with each trading day; the
turnover is that of these four prices and absent when the contract's multiplier is unknown.
"""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Final

import numpy as np

from tradewind.kernel.clock import NS_PER_MS
from tradewind.market.sources.layouts.columns import (
    FloatArray,
    IntArray,
    china_trading_dates,
    numbers,
    plain,
    prices,
    whole_numbers,
)
from tradewind.market.sources.layouts.day_totals import DayTotals
from tradewind.market.sources.layouts.file_names import instrument_of
from tradewind.market.sources.layouts.parquet import Columns, Convert, ParquetLayout

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tradewind.domain.tick import RawTick
    from tradewind.market.sources.layouts.recording_file import ReadingOptions

TICKS_PER_BAR: Final = 4
_OFFSETS_MS: Final = (0, 20_000, 40_000, 59_500)
_REQUIRED: Final = ("datetime", "open", "high", "low", "close", "volume", "open_oi", "close_oi")


def _begin(path: Path, options: ReadingOptions) -> Convert:
    instrument_id = instrument_of(path, options)
    instrument = options.instruments.find(instrument_id)
    totals = DayTotals()

    def convert(columns: Columns) -> Iterable[RawTick]:
        starts = whole_numbers(columns["datetime"])
        path_of_price = _prices_of(columns)
        lots = _lots_of(whole_numbers(columns["volume"]))
        times = (starts[:, None] + np.array(_OFFSETS_MS, dtype=np.int64) * NS_PER_MS).ravel()
        days = np.repeat(china_trading_dates(starts), TICKS_PER_BAR)
        day = totals.add(days, path_of_price, lots, instrument.contract_multiplier if instrument else 1)
        held = np.stack([numbers(columns["open_oi"])] * (TICKS_PER_BAR - 1) + [numbers(columns["close_oi"])], axis=1)
        ts: list[int] = times.tolist()
        return zip(  # type: ignore[return-value]  # plain tuples of RawTick's shape
            repeat(instrument_id),
            ts,
            ts,
            repeat(0),
            prices(path_of_price),
            plain(day.volume),
            plain(day.turnover) if instrument else repeat(None),
            plain(held.ravel()),
            repeat(None),
            repeat(None),
            repeat(None),
            repeat(None),
            prices(day.open_price),
            prices(day.high_price),
            prices(day.low_price),
            *(repeat(None) for _ in range(7)),
            strict=False,
        )

    return convert


def _prices_of(columns: Columns) -> FloatArray:
    opened, high, low, close = (numbers(columns[name]) for name in ("open", "high", "low", "close"))
    is_rising = close >= opened
    second, third = np.where(is_rising, low, high), np.where(is_rising, high, low)
    return np.stack([opened, second, third, close], axis=1).ravel()


def _lots_of(volumes: IntArray) -> IntArray:
    quarter = volumes // TICKS_PER_BAR
    rest = volumes - quarter * (TICKS_PER_BAR - 1)
    return np.stack([quarter] * (TICKS_PER_BAR - 1) + [rest], axis=1).ravel()


LAYOUT: Final = ParquetLayout(
    name="tq_bars",
    required=dict.fromkeys(_REQUIRED, "number"),
    ticks_per_row=TICKS_PER_BAR,
    begin=_begin,
)
