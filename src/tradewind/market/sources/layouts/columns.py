"""Columns to Python values: sentinels to `None`, few objects for many rows, Chinese and New York time to ns.

The price of a replay is mostly the making of numbers, so a column that stands still is repeated and one that moves
rarely is made once per change; only what really moves is converted row by row (in C, by `tolist`).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import repeat
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from tradewind.kernel.clock import NS_PER_MS, NS_PER_S

if TYPE_CHECKING:
    from collections.abc import Iterable

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

ABSENT_FROM: Final = 1e300
"""CTP writes DBL_MAX, or a rounded print of it, where it has no price (reference: CTP tick fields, rule 1)."""
_CHINA_OFFSET_NS: Final = 8 * 3600 * NS_PER_S
_DAY_NS: Final = 86_400 * NS_PER_S
_NEW_YORK: Final = ZoneInfo("America/New_York")
_LARGEST_WHOLE: Final = 2.0**62
_RUNS_WORTH_IT: Final = 6
"""A run of equal values is worth an object of its own only when rows per run are at least this many."""


def numbers(column: Any) -> FloatArray:  # noqa: ANN401 - a pyarrow column, which has no types
    """Return a pyarrow column as floats, nulls as NaN."""
    values = column.to_numpy(zero_copy_only=False)
    return np.asarray(values, dtype=np.float64)


def whole_numbers(column: Any) -> IntArray:  # noqa: ANN401 - a pyarrow column, which has no types
    """Return a pyarrow column as integers, for columns that must be there in every row.

    Raises: ValueError: a value is null, NaN or too large.
    """
    values = column.to_numpy(zero_copy_only=False)
    if values.dtype.kind == "f" and not (np.abs(values) < _LARGEST_WHOLE).all():
        message = "a whole number was expected, found NaN, null or a value out of range"
        raise ValueError(message)
    return np.asarray(values, dtype=np.int64)


def counts(column: Any) -> Iterable[int | None]:  # noqa: ANN401 - a pyarrow column, which has no types
    """Return lots row by row, with `None` for null, NaN and what is too large to be a count."""
    values = column.to_numpy(zero_copy_only=False)
    if values.dtype.kind != "f":
        return plain(values)
    is_whole = np.abs(values) < _LARGEST_WHOLE
    shown = np.where(is_whole, values, 0.0).astype(np.int64).astype(object)
    shown[~is_whole] = None
    listed: list[int | None] = shown.tolist()
    return listed


def prices(values: FloatArray, *, is_zero_absent: bool = True) -> Iterable[float | None]:
    """Return prices row by row, with `None` for NaN, infinity, DBL_MAX and (where the layout says so) 0."""
    # Two passes settle the usual column; NaN comes through as the least value and fails the comparison.
    least = values.min()
    if (least > 0.0 or (least == 0.0 and not is_zero_absent)) and values.max() < ABSENT_FROM:
        return plain(values)
    absent = ~(np.abs(values) < ABSENT_FROM)
    if is_zero_absent:
        absent |= values == 0.0
    if absent.any():
        if absent.all():
            return repeat(None, len(values))
        shown = values.astype(object)
        shown[absent] = None
        return _runs(values, shown)
    return plain(values)


def plain(values: npt.NDArray[Any]) -> Iterable[Any]:
    """Return values row by row; for columns that hold no sentinel."""
    return _runs(values, None)


def _runs(values: npt.NDArray[Any], shown: npt.NDArray[np.object_] | None) -> Iterable[Any]:
    """Return `shown` (or `values`) row by row, sharing one object along each run of equal rows."""
    rows = len(values)
    starts = np.flatnonzero(values[1:] != values[:-1]) + 1
    if len(starts) * _RUNS_WORTH_IT > rows:
        listed: list[Any] = (values if shown is None else shown).tolist()
        return listed
    firsts = np.concatenate(([0], starts))
    picked = (values if shown is None else shown)[firsts]
    if len(firsts) == 1:
        return repeat(picked.tolist()[0], rows)
    lengths = np.diff(np.concatenate((firsts, [rows])))
    shared: list[Any] = np.repeat(picked.astype(object), lengths).tolist()
    return shared


def depth_levels(levels: Iterable[tuple[FloatArray, IntArray, FloatArray, IntArray]]) -> Iterable[Any]:
    """Return per row the tuple of levels beyond the first, each (bid, lots, ask, lots)."""
    sides = [zip(prices(bid), plain(bids), prices(ask), plain(asks), strict=True) for bid, bids, ask, asks in levels]
    return zip(*sides, strict=True)


def china_ns(yyyymmdd: IntArray, hhmmssmmm: IntArray) -> IntArray:
    """Return ns UTC of a Chinese civil date and a time written as one number each."""
    midnights: IntArray | int
    if (yyyymmdd == yyyymmdd[0]).all():
        midnights = china_midnight_ns(int(yyyymmdd[0]))
    else:
        days, where = np.unique(yyyymmdd, return_inverse=True)
        midnights = np.array([china_midnight_ns(int(day)) for day in days], dtype=np.int64)[where]
    ms = hhmmssmmm % 1000
    seconds = hhmmssmmm // 1000
    of_day = (seconds // 10_000) * 3600 + (seconds // 100 % 100) * 60 + seconds % 100
    return np.asarray(midnights + (of_day * 1000 + ms) * NS_PER_MS, dtype=np.int64)


def china_midnight_ns(yyyymmdd: int) -> int:
    """Return ns UTC of the first moment of a Chinese civil date.

    Raises: ValueError: there is no such date.
    """
    day = civil_date(yyyymmdd)
    return (day.toordinal() - _EPOCH_ORDINAL) * _DAY_NS - _CHINA_OFFSET_NS


def new_york_midnight_ns(yyyymmdd: int) -> int:
    """Return ns UTC of a New York date's midnight on the clock that it shows at noon.

    Markets are shut when the clocks are changed (Sunday 02:00), so noon's offset is right for all that trades.
    """
    noon = datetime.combine(civil_date(yyyymmdd), time(12), tzinfo=_NEW_YORK)
    return int((noon.astimezone(UTC) - timedelta(hours=12)).timestamp()) * NS_PER_S


def civil_date(yyyymmdd: int) -> date:
    """Return the date written as one number.

    Raises: ValueError: there is no such date.
    """
    return date(yyyymmdd // 10_000, yyyymmdd // 100 % 100, yyyymmdd % 100)


def china_trading_dates(ts: IntArray) -> IntArray:
    """Return for each ns the date (days since the epoch) that its volume counts towards.

    Trading from 20:00 on counts towards the next weekday: only where a volume total has to be built from parts, and
    the file does not say the trading day. Before a holiday there is no night session, so weekdays suffice.
    """
    days = (ts + _CHINA_OFFSET_NS + 4 * 3600 * NS_PER_S) // _DAY_NS
    weekday = (days + 3) % 7
    return np.asarray(days + np.where(weekday == 5, 2, 0) + np.where(weekday == 6, 1, 0), dtype=np.int64)  # noqa: PLR2004 - Saturday and Sunday


_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
