"""Lean's US quotes of one day: each row changes one side of the book or both.

    ms_since_midnight=14400241 bid_x10000=1800100 bid_size=300 ask_x10000=0 ask_size=0 exchange=P …

A side of 0 is unchanged. Quotes hold no trade: last price and day totals come from the trade file beside it
(`IBM_20131007_trade.parquet` for `IBM_20131007_quote.parquet`) as they stood at each quote, and stay absent when
there is no such file or no trade yet. The venues' quotes are taken as one book, so it may cross; cleaning judges.
"""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tradewind.errors import ReplayFileError
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
from tradewind.market.sources.layouts.lean_trades import STOCKS, add_trades, multiplier_of, read_trades
from tradewind.market.sources.layouts.parquet import Columns, Convert, ParquetLayout

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import numpy.typing as npt

    from tradewind.domain.tick import RawTick
    from tradewind.market.sources.layouts.recording_file import ReadingOptions

_SCALE: Final = 10_000.0


class _TradesBeside:
    """The day's trades, to be asked how things stood at some moment."""

    def __init__(self, times: IntArray, paid: FloatArray, totals: Totals) -> None:
        self._times = times
        self._columns = (paid, totals.volume, totals.turnover, totals.open_price, totals.high_price, totals.low_price)

    def as_of(self, times: IntArray) -> list[Iterable[Any]]:
        """Return last price, volume, turnover, open, high and low at each time, `None` before the first trade."""
        rows = np.searchsorted(self._times, times, side="right") - 1
        before = int(np.count_nonzero(rows < 0))
        return [[None] * before + list(plain(column[rows[before:]])) for column in self._columns]


class _Side:
    """One side of the book, carried over rows that leave it unchanged."""

    def __init__(self) -> None:
        self._price, self._size = 0.0, 0

    def carry(self, quoted: FloatArray, sizes: IntArray) -> tuple[FloatArray, IntArray]:
        paid = np.concatenate(([self._price], quoted))
        lots = np.concatenate((np.array([self._size], dtype=np.int64), sizes))
        rows = np.where(paid > 0, np.arange(len(paid)), 0)
        latest: npt.NDArray[np.int64] = np.maximum.accumulate(rows)[1:]
        paid, lots = paid[latest], lots[latest]
        self._price, self._size = float(paid[-1]), int(lots[-1])
        return paid, lots


def _begin(path: Path, options: ReadingOptions) -> Convert:
    instrument_id = instrument_of(path, options)
    midnight_ns = new_york_midnight_ns(date_of(path))
    trades = _trades_beside(path, midnight_ns, multiplier_of(instrument_id, options))
    bids, asks = _Side(), _Side()

    def convert(columns: Columns) -> Iterable[RawTick]:
        times = midnight_ns + whole_numbers(columns["ms_since_midnight"]) * NS_PER_MS
        bid, bid_size = bids.carry(numbers(columns["bid_x10000"]) / _SCALE, whole_numbers(columns["bid_size"]))
        ask, ask_size = asks.carry(numbers(columns["ask_x10000"]) / _SCALE, whole_numbers(columns["ask_size"]))
        last, volume, turnover, opened, high, low = trades.as_of(times) if trades else [repeat(None)] * 6
        ts: list[int] = times.tolist()
        return zip(  # type: ignore[return-value]  # plain tuples of RawTick's shape
            repeat(instrument_id),
            ts,
            ts,
            repeat(0),
            last,
            volume,
            turnover,
            repeat(None),
            prices(bid),
            plain(bid_size),
            prices(ask),
            plain(ask_size),
            opened,
            high,
            low,
            *(repeat(None) for _ in range(7)),
            strict=False,
        )

    return convert


def _trades_beside(path: Path, midnight_ns: int, multiplier: int) -> _TradesBeside | None:
    beside = path.with_name(path.name.replace("_quote", "_trade"))
    if beside == path or not beside.is_file():
        return None
    try:
        table = pq.read_table(beside, columns=list(STOCKS.required), use_threads=False).combine_chunks()
    except (pa.ArrowException, OSError) as error:
        message = f"{beside}: the trades beside the quotes cannot be read ({error}); mend or remove the file"
        raise ReplayFileError(message) from error
    times, paid, sizes = read_trades({name: table[name] for name in table.column_names}, midnight_ns)
    return _TradesBeside(times, paid, add_trades(DayTotals(), paid, sizes, multiplier)) if len(times) else None


LAYOUT: Final = ParquetLayout(
    name="lean_quotes",
    required=dict.fromkeys(("ms_since_midnight", "bid_x10000", "bid_size", "ask_x10000", "ask_size"), "number"),
    begin=_begin,
)
