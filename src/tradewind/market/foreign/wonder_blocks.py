"""WonderTrader's history blocks (.dsb): a header, then rows of one structure, mostly compressed with zstd.

    8 bytes   &^%$#@! and a zero
    u16       kind: 21 minute bars, 22 five-minute bars, 23 day bars, 24 ticks
    u16       version: 1 older structures, 2 those compressed, 3 newer structures, 4 those compressed
    u64       bytes that follow, in compressed blocks only

Structures are packed and little endian; the older ones count lots in 32 bits. Prices absent are 0; times are China's; a
minute bar is stamped with the minute in which it ends. Layout: src/WtDataStorage/DataDefine.h and
src/Includes/WTSStruct.h of github.com/wondertrader/wondertrader.
"""

from __future__ import annotations

import struct
from itertools import repeat
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from tradewind.domain.instrument import instrument_id_of
from tradewind.errors import ReplayFileError
from tradewind.market.foreign.china_time import date_number, moment_of, time_number
from tradewind.market.sources.layouts.columns import china_ns, counts, depth_levels, plain, prices
from tradewind.stores.ticks.bar import ArchivedBar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from tradewind.domain.tick import RawTick

DSB_MAGIC: Final = b"&^%$#@!\0"
MINUTES: Final = 21
DAYS: Final = 23
TICKS: Final = 24
_HEAD: Final = struct.Struct("<8sHH")
_SIZE: Final = struct.Struct("<Q")
_COMPRESSED: Final = frozenset({2, 4})
_OLDER: Final = frozenset({1, 2})
_NEWEST: Final = 4
_ZSTD_LIMIT: Final = 1 << 33
_MINUTE_BASE: Final = 19_900_000
"""A minute bar's time is (date - this) × 10 000 + hhmm."""


def _tick_type(*, lots: str, signed: str, exchange: int, has_reserve: bool) -> np.dtype[Any]:
    reserve = [("reserve", "<u4")] if has_reserve else []
    return np.dtype(
        [
            ("exchg", f"S{exchange}"),
            ("code", "S32"),
            *((name, "<f8") for name in ("price", "open", "high", "low", "settle_price", "upper_limit", "lower_limit")),
            *(("total_volume", lots), ("volume", lots), ("total_turnover", "<f8"), ("turn_over", "<f8")),
            *(("open_interest", lots), ("diff_interest", signed)),
            *((name, "<u4") for name in ("trading_date", "action_date", "action_time")),
            *reserve,
            *(("pre_close", "<f8"), ("pre_settle", "<f8"), ("pre_interest", signed)),
            *(("bid_prices", "<f8", 10), ("ask_prices", "<f8", 10), ("bid_qty", lots, 10), ("ask_qty", lots, 10)),
        ]
    )


def _bar_type(*, time: str, lots: str, signed: str, has_reserve: bool) -> np.dtype[Any]:
    reserve = [("reserve", "<u4")] if has_reserve else []
    return np.dtype(
        [
            ("date", "<u4"),
            *reserve,
            ("time", time),
            *((name, "<f8") for name in ("open", "high", "low", "close", "settle", "money")),
            *(("vol", lots), ("hold", lots), ("add", signed)),
        ]
    )


_OLD_TICK: Final = _tick_type(lots="<u4", signed="<i4", exchange=10, has_reserve=False)
_NEW_TICKS: Final = tuple(
    _tick_type(lots="<f8", signed="<f8", exchange=16, has_reserve=has_reserve) for has_reserve in (False, True)
)
_OLD_BAR: Final = _bar_type(time="<u4", lots="<u4", signed="<i4", has_reserve=False)
_NEW_BARS: Final = tuple(
    _bar_type(time="<u8", lots="<f8", signed="<f8", has_reserve=has_reserve) for has_reserve in (False, True)
)


def read_block(path: Path) -> tuple[int, Any]:
    """Return a block's kind and its rows.

    Raises: ReplayFileError: no block, truncated, or of a kind or structure that nobody published.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror})"
        raise ReplayFileError(message) from error
    if len(data) < _HEAD.size or not data.startswith(DSB_MAGIC):
        message = f"{path}: no .dsb block, it begins with {data[:8]!r}; allowed is a WonderTrader history block"
        raise ReplayFileError(message)
    _, kind, version = _HEAD.unpack_from(data)
    if kind not in {MINUTES, DAYS, TICKS} or not 1 <= version <= _NEWEST:
        message = f"{path}: a block of kind {kind}, version {version}; allowed are kinds 21, 23, 24 of versions 1 to 4"
        raise ReplayFileError(message)
    body = _unpacked(path, data) if version in _COMPRESSED else data[_HEAD.size :]
    kinds = _structures(kind, is_older=version in _OLDER)
    for structure in kinds:
        if body and len(body) % structure.itemsize == 0:
            rows = np.frombuffer(body, structure)
            if _is_sensible(rows, kind):
                return kind, rows
    sizes = " or ".join(str(structure.itemsize) for structure in kinds)
    message = (
        f"{path}: {len(body)} bytes are no whole rows of {sizes} bytes; the file is cut off or of a newer structure"
    )
    raise ReplayFileError(message)


def _structures(kind: int, *, is_older: bool) -> tuple[np.dtype[Any], ...]:
    if kind == TICKS:
        return (_OLD_TICK,) if is_older else _NEW_TICKS
    return (_OLD_BAR,) if is_older else _NEW_BARS


def _unpacked(path: Path, data: bytes) -> bytes:
    begin = _HEAD.size + _SIZE.size
    size = _SIZE.unpack_from(data, _HEAD.size)[0] if len(data) >= begin else 0
    if len(data) - begin != size or not size:
        message = f"{path}: cut off: {max(len(data) - begin, 0)} bytes where its header says {size}; copy it again"
        raise ReplayFileError(message)
    try:
        with pa.input_stream(pa.py_buffer(data[begin:]), compression="zstd") as stream:
            body: bytes = stream.read(_ZSTD_LIMIT)
    except (pa.ArrowException, OSError) as error:
        message = f"{path}: cannot be unpacked ({error}); copy it again"
        raise ReplayFileError(message) from error
    return body


def _is_sensible(rows: Any, kind: int) -> bool:  # noqa: ANN401 - numpy structures have no types
    dates = rows["action_date" if kind == TICKS else "date"]
    return bool(((dates > 19_800_101) & (dates < 21_000_101)).all())  # noqa: PLR2004 - dates that can be


class DsbTicks:
    """A block of ticks as a `RecordingFile`."""

    layout = "wt_dsb"
    malformed_rows = 0
    remark = ""

    def __init__(self, path: Path, *, instrument: str | None, batch_rows: int) -> None:
        """Read and unpack the block.

        Raises: ReplayFileError: as `read_block`, or it holds bars.
        """
        kind, self._rows = read_block(path)
        if kind != TICKS:
            message = f"{path}: holds bars; allowed is a block of ticks, bars are for `tradewind data import`"
            raise ReplayFileError(message)
        self.path = path
        self.total: int | None = len(self._rows)
        self._instrument = instrument
        self._batch_rows = batch_rows

    def batches(self) -> Iterator[Iterable[RawTick]]:
        """Read from the start; see `RecordingFile`.

        Raises: ReplayFileError: a row holds an impossible moment.
        """
        for begin in range(0, len(self._rows), self._batch_rows):
            try:
                yield self._ticks(self._rows[begin : begin + self._batch_rows])
            except (ValueError, UnicodeDecodeError) as error:
                message = f"{self.path}: damaged after row {begin}: {error}"
                raise ReplayFileError(message) from error

    def _ticks(self, rows: Any) -> Iterable[RawTick]:  # noqa: ANN401 - as above
        ts = china_ns(rows["action_date"].astype(np.int64), rows["action_time"].astype(np.int64)).tolist()
        ids = repeat(self._instrument) if self._instrument is not None else _names(rows)
        lots = pa.array(rows["total_volume"].astype(np.int64))
        bids, asks = rows["bid_prices"], rows["ask_prices"]
        bid_lots, ask_lots = rows["bid_qty"].astype(np.int64), rows["ask_qty"].astype(np.int64)
        deepest = int(np.flatnonzero(((bids != 0) | (asks != 0)).any(axis=0)).max(initial=0))
        levels = [
            (bids[:, level], bid_lots[:, level], asks[:, level], ask_lots[:, level]) for level in range(1, deepest + 1)
        ]
        return zip(  # type: ignore[return-value]  # plain tuples of RawTick's shape
            ids,
            ts,
            ts,
            plain(rows["trading_date"].astype(np.int64)),
            prices(rows["price"]),
            counts(lots),
            prices(rows["total_turnover"], is_zero_absent=False),
            plain(rows["open_interest"].astype(np.float64)),
            prices(bids[:, 0]),
            plain(bid_lots[:, 0]),
            prices(asks[:, 0]),
            plain(ask_lots[:, 0]),
            *(prices(rows[name]) for name in ("open", "high", "low", "pre_settle", "pre_close")),
            prices(rows["pre_interest"].astype(np.float64)),
            *(prices(rows[name]) for name in ("upper_limit", "lower_limit", "settle_price")),
            depth_levels(levels) if levels else repeat(None),
            strict=False,
        )


def _names(rows: Any) -> list[str]:  # noqa: ANN401 - as above
    pairs = zip(rows["code"].tolist(), rows["exchg"].tolist(), strict=True)
    return [instrument_id_of(code.decode("ascii"), exchange.decode("ascii")) for code, exchange in pairs]


def dsb_bars(path: Path, instrument_id: str) -> tuple[str, list[ArchivedBar]]:
    """Return the interval (`1m` or `1d`) and the bars of a block.

    Raises: ReplayFileError: as `read_block`, it holds ticks, or a bar has an impossible time.
    """
    kind, rows = read_block(path)
    if kind == TICKS:
        message = f"{path}: holds ticks; allowed is a block of bars"
        raise ReplayFileError(message)
    span_ns = 60_000_000_000 if kind == MINUTES else 0
    try:
        bars = [_bar(row, instrument_id, is_day=kind == DAYS, span_ns=span_ns) for row in rows]
    except ValueError as error:
        message = f"{path}: damaged: {error}"
        raise ReplayFileError(message) from error
    return ("1d" if kind == DAYS else "1m"), bars


def _bar(row: Any, instrument_id: str, *, is_day: bool, span_ns: int) -> ArchivedBar:  # noqa: ANN401 - as above
    day, stamp = int(row["date"]), int(row["time"])
    close = moment_of(day, 1500) if is_day else moment_of(stamp // 10_000 + _MINUTE_BASE, stamp % 10_000)
    return ArchivedBar(
        instrument_id=instrument_id,
        trading_day=day,
        ts_open=moment_of(day, 900) if is_day else close - span_ns,
        ts_close=close,
        open=float(row["open"]),
        high=float(row["high"]),
        low=float(row["low"]),
        close=float(row["close"]),
        volume=int(row["vol"]),
        turnover=float(row["money"]),
        open_interest=float(row["hold"]),
        tick_count=0,
        settlement_price=float(row["settle"]) or None,
    )


def write_ticks(path: Path, trading_day: int, ticks: Sequence[RawTick]) -> None:
    """Write a day's ticks of one instrument as a compressed block of the newer structure.

    Raises: OSError: the disk refused.
    """
    rows = np.zeros(len(ticks), _NEW_TICKS[0])
    for row, tick in zip(rows, ticks, strict=True):
        symbol, _, exchange = tick[0].partition(".")
        row["code"], row["exchg"] = symbol.encode(), exchange.encode()
        row["trading_date"], row["action_date"], row["action_time"] = (
            trading_day,
            date_number(tick[1]),
            time_number(tick[1]),
        )
        for name, value in zip(_TICK_NAMES, tick[4:8] + tick[12:21], strict=True):
            row[name] = value or 0
        book = [(tick[8], tick[9], tick[10], tick[11]), *(tick[21] or ())][:10]
        for level, (bid, bids, ask, asks) in enumerate(book):
            row["bid_prices"][level], row["bid_qty"][level] = bid or 0, bids or 0
            row["ask_prices"][level], row["ask_qty"][level] = ask or 0, asks or 0
    if len(rows):
        rows["volume"] = np.diff(rows["total_volume"], prepend=rows["total_volume"][:1])
        rows["turn_over"] = np.diff(rows["total_turnover"], prepend=rows["total_turnover"][:1])
        rows["diff_interest"] = np.diff(rows["open_interest"], prepend=rows["open_interest"][:1])
    _write(path, TICKS, rows)


_TICK_NAMES: Final = (
    *("price", "total_volume", "total_turnover", "open_interest", "open", "high", "low", "pre_settle", "pre_close"),
    *("pre_interest", "upper_limit", "lower_limit", "settle_price"),
)


def write_bars(path: Path, interval: str, bars: Sequence[ArchivedBar]) -> None:
    """Write bars of one instrument as a compressed block of the newer structure.

    Raises: OSError: the disk refused.
    """
    rows = np.zeros(len(bars), _NEW_BARS[0])
    before = 0.0
    for row, bar in zip(rows, bars, strict=True):
        row["date"] = bar.trading_day
        if interval == "1m":
            stamp = time_number(bar.ts_close) // 100_000
            row["time"] = (date_number(bar.ts_close) - _MINUTE_BASE) * 10_000 + stamp
        values = (bar.open, bar.high, bar.low, bar.close, bar.settlement_price or 0, bar.turnover, bar.volume)
        for name, value in zip(("open", "high", "low", "close", "settle", "money", "vol"), values, strict=True):
            row[name] = value
        row["hold"], row["add"] = bar.open_interest, bar.open_interest - (before or bar.open_interest)
        before = bar.open_interest
    _write(path, DAYS if interval == "1d" else MINUTES, rows)


def _write(path: Path, kind: int, rows: Any) -> None:  # noqa: ANN401 - as above
    packed = pa.Codec("zstd").compress(rows.tobytes(), asbytes=True)
    path.write_bytes(_HEAD.pack(DSB_MAGIC, kind, _NEWEST) + _SIZE.pack(len(packed)) + packed)
