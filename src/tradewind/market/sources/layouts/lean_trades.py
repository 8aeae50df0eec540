"""Lean's US trades of one day: milliseconds since midnight in New York, one row a trade.

    IBM_20131007_trade:                 ms_since_midnight=14430270 price_x10000=1815200 size=283 exchange=P …
    COMEX.GC201312_20131007_trade:      ms_since_midnight=276 price=1313.7 size=1 …

Date and contract are in the file's name. Day totals are built from the file's first trade on; there is no book, and
no open interest. Trades marked suspicious are passed on like the others; equal rows are separate trades.
"""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Final

import numpy as np

from tradewind.kernel.clock import NS_PER_MS
from tradewind.market.sources.layouts.columns import (
    FloatArray,
    IntArray,
    new_york_midnight_ns,
    numbers,
    plain,
    prices,
    whole_numbers,
)
from tradewind.market.sources.layouts.day_totals import DayTotals, Totals
from tradewind.market.sources.layouts.file_names import date_of, instrument_of
from tradewind.market.sources.layouts.parquet import Columns, Convert, ParquetLayout

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tradewind.domain.tick import RawTick
    from tradewind.market.sources.layouts.recording_file import ReadingOptions

_SCALE: Final = 10_000.0


def multiplier_of(instrument_id: str, options: ReadingOptions) -> int:
    """Return the contract's multiplier; 1 for what no table knows, since cleaning refuses its ticks anyway."""
    instrument = options.instruments.find(instrument_id)
    return instrument.contract_multiplier if instrument else 1


def read_trades(columns: Columns, midnight_ns: int) -> tuple[IntArray, FloatArray, IntArray]:
    """Return times, prices and sizes of a batch of either variant."""
    ts = midnight_ns + whole_numbers(columns["ms_since_midnight"]) * NS_PER_MS
    paid = numbers(columns["price"]) if "price" in columns else numbers(columns["price_x10000"]) / _SCALE
    return ts, paid, whole_numbers(columns["size"])


def add_trades(totals: DayTotals, paid: FloatArray, sizes: IntArray, multiplier: int) -> Totals:
    """Add a batch of one file's trades, which are all of one date."""
    return totals.add(np.zeros(len(paid), dtype=np.int64), paid, sizes, multiplier)


def _begin(path: Path, options: ReadingOptions) -> Convert:
    instrument_id = instrument_of(path, options)
    midnight_ns = new_york_midnight_ns(date_of(path))
    multiplier = multiplier_of(instrument_id, options)
    totals = DayTotals()

    def convert(columns: Columns) -> Iterable[RawTick]:
        times, paid, sizes = read_trades(columns, midnight_ns)
        day = add_trades(totals, paid, sizes, multiplier)
        ts: list[int] = times.tolist()
        return zip(  # type: ignore[return-value]  # plain tuples of RawTick's shape
            repeat(instrument_id),
            ts,
            ts,
            repeat(0),
            prices(paid),
            plain(day.volume),
            plain(day.turnover),
            *(repeat(None) for _ in range(5)),
            prices(day.open_price),
            prices(day.high_price),
            prices(day.low_price),
            *(repeat(None) for _ in range(7)),
            strict=False,
        )

    return convert


STOCKS: Final = ParquetLayout(
    name="lean_trades",
    required=dict.fromkeys(("ms_since_midnight", "price_x10000", "size"), "number"),
    begin=_begin,
)
FUTURES: Final = ParquetLayout(
    name="lean_futures_trades",
    required=dict.fromkeys(("ms_since_midnight", "price", "size"), "number"),
    begin=_begin,
)
