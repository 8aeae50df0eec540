"""Bars as CSV: vn.py's columns (stamped at the beginning) and WonderTrader's (stamped at the end).

symbol,exchange,datetime,open,high,low,close,volume,turnover,open_interest
date,time,open,high,low,close,settle,volume,turnover,open_interest,diff_interest
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any, Final

from tradewind.domain.instrument import instrument_id_of
from tradewind.errors import ReplayFileError
from tradewind.market.foreign.china_time import china_datetime, date_number, moment_of
from tradewind.market.foreign.vnpy_tables import bar_row, vnpy_bar
from tradewind.stores.ticks.bar import ArchivedBar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

_PRICES: Final = ("open", "high", "low", "close")
_VNPY: Final = ("symbol", "exchange", "datetime", *_PRICES, "volume", "turnover", "open_interest")
_WONDER: Final = ("date", "time", *_PRICES, "settle", "volume", "turnover", "open_interest", "diff_interest")
_MUST: Final = frozenset({*_PRICES, "volume"})
_DAY_NS: Final = 86_400_000_000_000
_MINUTE_NS: Final = 60_000_000_000


def is_bars(path: Path) -> bool:
    """Tell by its first line whether a file is bars as CSV."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
        names = {name.strip().lower() for name in stream.readline().split(",")}
    return names >= _MUST and ("datetime" in names or "date" in names)


def read_csv_bars(path: Path, *, instrument_id: str | None, interval: str) -> Iterator[ArchivedBar]:
    """Yield the bars of a file; the trading day is the calendar's to say where it is 0.

    Raises: ReplayFileError: columns are missing, or a row holds no time or number.
    """
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
        rows = csv.DictReader(stream)
        rows.fieldnames = [name.strip().lower() for name in rows.fieldnames or ()]
        missing = [name for name in ("open", "high", "low", "close", "volume") if name not in rows.fieldnames]
        if "datetime" not in rows.fieldnames and "date" not in rows.fieldnames:
            missing.append("datetime or date")
        if missing:
            message = f"{path}: no bars as CSV, it lacks {', '.join(missing)}; found {', '.join(rows.fieldnames)}"
            raise ReplayFileError(message)
        for number, row in enumerate(rows, 2):
            try:
                yield _bar(row, instrument_id, interval)
            except (TypeError, ValueError, OverflowError) as error:
                message = f"{path}: row {number}: {error}; allowed are times, prices and whole lots"
                raise ReplayFileError(message) from error


def _bar(row: Mapping[str, str], instrument_id: str | None, interval: str) -> ArchivedBar:
    named = instrument_id or _named(row)
    values = [row.get(name) or 0 for name in ("volume", "turnover", "open_interest")]
    prices = [row[name] for name in _PRICES]
    if row.get("datetime"):
        return vnpy_bar(named, row["datetime"], [*values, *prices], interval)
    day, time = int(row["date"].replace("-", "").replace("/", "")), row.get("time") or "0"
    hhmm = int(time.replace(":", "")[:4]) if ":" in time else int(time) % 10_000
    volume, turnover, interest = (float(value) for value in values)
    opened, high, low, closed = (float(price) for price in prices)
    close_ns = moment_of(day, 1500 if interval == "1d" else hhmm)
    settled = row.get("settle")
    return ArchivedBar(
        instrument_id=named,
        trading_day=day if interval == "1d" else 0,
        ts_open=moment_of(day, 900) if interval == "1d" else close_ns - _MINUTE_NS,
        ts_close=close_ns,
        open=opened,
        high=high,
        low=low,
        close=closed,
        volume=int(volume),
        turnover=turnover,
        open_interest=interest,
        tick_count=0,
        settlement_price=float(settled) or None if settled else None,
    )


def _named(row: Mapping[str, str]) -> str:
    if not row.get("symbol") or not row.get("exchange"):
        message = "the contract stands in no column; name it with --instrument symbol.EXCHANGE"
        raise ValueError(message)
    return instrument_id_of(row["symbol"], row["exchange"])


def write_vnpy(path: Path, bars: Iterable[ArchivedBar]) -> int:
    """Write bars under vn.py's columns; return how many.

    Raises: OSError: the disk refused.
    """

    def row(bar: ArchivedBar) -> list[Any]:
        symbol, exchange, at, volume, turnover, interest, *prices = bar_row(bar)
        return [symbol, exchange, at, *prices, volume, turnover, interest]

    return _write(path, _VNPY, map(row, bars))


def write_wonder(path: Path, interval: str, bars: Iterable[ArchivedBar]) -> int:
    """Write bars under WonderTrader's columns; return how many.

    Raises: OSError: the disk refused.
    """
    before = 0.0

    def row(bar: ArchivedBar) -> list[Any]:
        nonlocal before
        change, before = bar.open_interest - (before or bar.open_interest), bar.open_interest
        closed = china_datetime(bar.ts_close)
        day, time = (bar.trading_day, 0) if interval == "1d" else (date_number(bar.ts_close), f"{closed:%H:%M}")
        return [
            *(day, time, bar.open, bar.high, bar.low, bar.close, bar.settlement_price or 0),
            *(bar.volume, bar.turnover, bar.open_interest, change),
        ]

    return _write(path, _WONDER, map(row, bars))


def _write(path: Path, names: Iterable[str], rows: Iterable[list[Any]]) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(names)
        for row in rows:
            writer.writerow(row)
            count += 1
    return count
