"""vn.py's SQLite tables `dbtickdata` and `dbbardata`, as its package vnpy_sqlite makes them.

Times are China's without a zone; a price of 0 is absent; a bar is stamped with its beginning; volume and turnover of a
tick are the day's totals, of a bar its own. Pre-settlement and settlement prices have no columns.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from tradewind.domain.instrument import instrument_id_of
from tradewind.errors import ReplayFileError, StoreError
from tradewind.market.foreign.china_time import china_datetime, ns_of
from tradewind.stores.ticks.bar import ArchivedBar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from tradewind.domain.tick import RawTick

INTERVALS: Final = {"1m": "1m", "1d": "d"}
_LEVELS: Final = tuple(
    f"{side}_{kind}_{level}" for level in range(1, 6) for side in ("bid", "ask") for kind in ("price", "volume")
)
_TICK_NUMBERS: Final = (
    *("volume", "turnover", "open_interest", "last_price", "last_volume", "limit_up", "limit_down"),
    *("open_price", "high_price", "low_price", "pre_close"),
    *_LEVELS,
)
_TICK: Final = ("symbol", "exchange", "datetime", *_TICK_NUMBERS)
_BAR_NUMBERS: Final = (
    *("volume", "turnover", "open_interest"),
    *("open_price", "high_price", "low_price", "close_price"),
)
_BAR: Final = ("symbol", "exchange", "datetime", *_BAR_NUMBERS)
_TICK_COLUMNS: Final = ", ".join(f"{name} REAL{'' if name[-1] in '2345' else ' NOT NULL'}" for name in _TICK_NUMBERS)
_BAR_COLUMNS: Final = ", ".join(f"{name} REAL NOT NULL" for name in _BAR_NUMBERS)
_KEYS: Final = "symbol VARCHAR(255) NOT NULL, exchange VARCHAR(255) NOT NULL, datetime DATETIME NOT NULL"
_TABLES: Final = (
    (
        f"CREATE TABLE IF NOT EXISTS dbtickdata (id INTEGER NOT NULL PRIMARY KEY, {_KEYS}, "
        f"name VARCHAR(255) NOT NULL, {_TICK_COLUMNS}, localtime DATETIME)"
    ),
    "CREATE UNIQUE INDEX IF NOT EXISTS dbtickdata_symbol_exchange_datetime ON dbtickdata (symbol, exchange, datetime)",
    (
        f"CREATE TABLE IF NOT EXISTS dbbardata (id INTEGER NOT NULL PRIMARY KEY, {_KEYS}, "
        f"interval VARCHAR(255) NOT NULL, {_BAR_COLUMNS})"
    ),
    (
        "CREATE UNIQUE INDEX IF NOT EXISTS dbbardata_symbol_exchange_interval_datetime "
        "ON dbbardata (symbol, exchange, interval, datetime)"
    ),
)


class VnpyTicks:
    """The ticks of a vn.py database as a `RecordingFile`, all contracts in the order of their time."""

    layout = "vnpy_sqlite"
    malformed_rows = 0
    remark = ""

    def __init__(self, path: Path, *, batch_rows: int) -> None:
        """Look at the table.

        Raises: ReplayFileError: no SQLite, no such table, or columns are missing.
        """
        self.path = path
        self._batch_rows = batch_rows
        _check_columns(path, "dbtickdata", _TICK)
        self.total: int | None = int(next(_rows(path, "SELECT count(*) FROM dbtickdata"))[0])
        if not self.total:
            message = f"{path}: dbtickdata holds no rows; allowed is a table with at least one"
            raise ReplayFileError(message)

    def batches(self) -> Iterator[Iterable[RawTick]]:
        """Read from the start; see `RecordingFile`.

        Raises: ReplayFileError: a row holds what is no time or no number.
        """
        asked = f"SELECT {', '.join(_TICK)} FROM dbtickdata ORDER BY datetime, id"  # noqa: S608 - names of ours
        batch: list[RawTick] = []
        for number, row in enumerate(_rows(self.path, asked), 1):
            try:
                batch.append(_tick(row))
            except (TypeError, ValueError) as error:
                message = f"{self.path}: row {number} of dbtickdata: {error}; allowed are times and numbers"
                raise ReplayFileError(message) from error
            if len(batch) >= self._batch_rows:
                yield batch
                batch = []
        yield batch


def _tick(row: tuple[Any, ...]) -> RawTick:
    symbol, exchange, at, volume, turnover, interest, last, _, up, down, begin, high, low, before, *book = row
    ts = ns_of(datetime.fromisoformat(at))
    levels = [_level(book[level : level + 4]) for level in range(0, 20, 4)]
    deeper = [level for level in levels[1:] if level != (None, 0, None, 0)]
    return (  # type: ignore[return-value]  # a plain tuple of RawTick's shape
        instrument_id_of(symbol, exchange),
        *(ts, ts, 0, _price(last), int(volume), float(turnover), float(interest)),
        *levels[0],
        *(_price(begin), _price(high), _price(low), None, _price(before), None, _price(up), _price(down), None),
        tuple(levels[1 : 1 + len(deeper)]) if deeper else None,
    )


def _level(values: Sequence[Any]) -> tuple[float | None, int, float | None, int]:
    bid, bids, ask, asks = values
    return _price(bid), int(bids or 0), _price(ask), int(asks or 0)


def _price(value: Any) -> float | None:  # noqa: ANN401 - whatever the cell holds
    return float(value) if value else None


def vnpy_bars(path: Path) -> Iterator[tuple[str, ArchivedBar]]:
    """Yield the interval and each minute and day bar of a database, contract by contract; hours are passed over.

    The trading day is the calendar's to say: it is 0 here.

    Raises: ReplayFileError: no such table, columns are missing, or a row holds no time or number.
    """
    _check_columns(path, "dbbardata", (*_BAR, "interval"))
    ours = {theirs: name for name, theirs in INTERVALS.items()}
    asked = (
        f"SELECT interval, {', '.join(_BAR)} FROM dbbardata "  # noqa: S608 - names of ours
        "WHERE interval IN ('1m', 'd') ORDER BY symbol, exchange, interval, datetime"
    )
    for number, (interval, symbol, exchange, at, *values) in enumerate(_rows(path, asked), 1):
        try:
            yield ours[interval], vnpy_bar(instrument_id_of(symbol, exchange), at, values, ours[interval])
        except (TypeError, ValueError) as error:
            message = f"{path}: row {number} of dbbardata: {error}; allowed are times and numbers"
            raise ReplayFileError(message) from error


def vnpy_bar(instrument_id: str, at: str, values: Sequence[Any], interval: str) -> ArchivedBar:
    """Return a bar from its time and its volume, turnover, open interest, open, high, low and close.

    Raises: ValueError: no time or no number.
    """
    begin = ns_of(datetime.fromisoformat(at))
    volume, turnover, interest, *prices = (float(value) for value in values)
    opened, high, low, closed = prices
    return ArchivedBar(
        instrument_id=instrument_id,
        trading_day=0,
        ts_open=begin,
        ts_close=begin + (60 if interval == "1m" else 86_400) * 1_000_000_000,
        open=opened,
        high=high,
        low=low,
        close=closed,
        volume=int(volume),
        turnover=turnover,
        open_interest=interest,
        tick_count=0,
    )


def write_ticks(path: Path, ticks: Iterable[RawTick]) -> tuple[int, int]:
    """Add ticks to a database, which is made if need be; return how many came and how many took another's place.

    vn.py knows a tick by contract and time, so of several of one moment (CZCE stamps whole seconds) it keeps the last.

    Raises: StoreError: it cannot be written, or is no database of vn.py's.
    """
    return _write(path, "dbtickdata", ("name", *_TICK), (("", *_tick_row(tick)) for tick in ticks))


def write_bars(path: Path, interval: str, bars: Iterable[ArchivedBar]) -> tuple[int, int]:
    """Add bars to a database; see `write_ticks`.

    Raises: StoreError: as there.
    """
    return _write(path, "dbbardata", ("interval", *_BAR), ((INTERVALS[interval], *bar_row(bar)) for bar in bars))


def _tick_row(tick: RawTick) -> tuple[Any, ...]:
    symbol, _, exchange = tick[0].partition(".")
    book = [(tick[8], tick[9], tick[10], tick[11]), *(tick[21] or ())][:5]
    levels = [value or 0 for bid, bids, ask, asks in book for value in (bid, bids, ask, asks)]
    return (
        *(symbol, exchange, _text(tick[1]), tick[5] or 0, tick[6] or 0, tick[7] or 0, tick[4] or 0, 0),
        *(tick[18] or 0, tick[19] or 0, tick[12] or 0, tick[13] or 0, tick[14] or 0, tick[16] or 0),
        *levels,
        *[0] * (20 - len(levels)),
    )


def bar_row(bar: ArchivedBar) -> tuple[Any, ...]:
    """Return symbol, exchange, time, volume, turnover, open interest, open, high, low and close."""
    symbol, _, exchange = bar.instrument_id.partition(".")
    return (
        *(symbol, exchange, _text(bar.ts_open), bar.volume, bar.turnover, bar.open_interest),
        *(bar.open, bar.high, bar.low, bar.close),
    )


def _text(ts: int) -> str:
    return str(china_datetime(ts).replace(tzinfo=None))


def _write(path: Path, table: str, names: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> tuple[int, int]:
    put = f"INSERT OR REPLACE INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608
    count = 0

    def counted() -> Iterator[tuple[Any, ...]]:
        nonlocal count
        for row in rows:
            count += 1
            yield row

    def work(database: sqlite3.Connection) -> int:
        for statement in _TABLES:
            database.execute(statement)
        before = int(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608
        database.executemany(put, counted())
        return int(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]) - before  # noqa: S608

    added = _with(path, work)
    return count, count - added


def _with(path: Path, work: Callable[[sqlite3.Connection], int]) -> int:
    try:
        with closing(sqlite3.connect(path)) as database, database:
            return work(database)
    except sqlite3.Error as error:
        message = f"{path}: {error}; allowed is a database of vn.py's, or a name that is free"
        raise StoreError(message) from error


def _check_columns(path: Path, table: str, wanted: Sequence[str]) -> None:
    present = {row[1] for row in _rows(path, f"PRAGMA table_info({table})")}
    if missing := [name for name in wanted if name not in present]:
        shown = ", ".join(missing[:6]) if present else f"the table {table}"
        message = f"{path}: no database of vn.py's, it lacks {shown}"
        raise ReplayFileError(message)


def _rows(path: Path, asked: str) -> Iterator[tuple[Any, ...]]:
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            yield from database.execute(asked)
    except sqlite3.Error as error:
        message = f"{path}: cannot be read as a database of vn.py's: {error}"
        raise ReplayFileError(message) from error
