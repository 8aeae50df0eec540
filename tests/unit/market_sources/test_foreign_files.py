"""Files of vn.py and WonderTrader: what we write we read back, and what is damaged is refused by name and place."""

from __future__ import annotations

import sqlite3
import struct
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sources_builders import options
from tradewind.domain.tick import RawTick
from tradewind.errors import ReplayFileError, StoreError
from tradewind.kernel.clock import NS_PER_S
from tradewind.market.foreign import bar_csv, tick_csv, vnpy_tables, wonder_blocks
from tradewind.market.sources.layouts.picking import open_recording
from tradewind.market.sources.layouts.recording_file import ticks_of
from tradewind.stores.ticks.bar import ArchivedBar

from builders import MORNING_NS, make_raw_tick

DEPTH = ((5229.8, 3, 5231.0, 4), (5229.6, 5, 5231.2, 6))
KEPT_BY_VNPY: dict[str, Any] = {
    "pre_settlement_price": None,
    "pre_open_interest": None,
    "settlement_price": None,
    "trading_day": 0,
}


def ticks(count: int, **changes: Any) -> list[RawTick]:
    stamps = (MORNING_NS + n * NS_PER_S // 2 for n in range(count))
    return [
        make_raw_tick(ts_event=ts, ts_recv=ts, volume=240 + n, **{"depth": DEPTH, **changes})
        for n, ts in enumerate(stamps)
    ]


def bars(count: int, **changes: Any) -> list[ArchivedBar]:
    return [
        ArchivedBar(
            **{
                "instrument_id": "IF2101.CFFEX",
                "trading_day": 20210104,
                "ts_open": MORNING_NS + n * 60 * NS_PER_S,
                "ts_close": MORNING_NS + (n + 1) * 60 * NS_PER_S,
                "open": 5230.0 + n,
                "high": 5232.8,
                "low": 5229.2,
                "close": 5231.0,
                "volume": 100 + n,
                "turnover": 1e8,
                "open_interest": 90_000.0 + n,
                "tick_count": 0,
                **changes,
            }
        )
        for n in range(count)
    ]


def played(path: Path, **changes: Any) -> list[RawTick]:
    return [RawTick._make(tick) for tick in ticks_of(open_recording(path, options(**changes)))]


def test_ticks_as_csv_come_back_but_for_their_receive_times(tmp_path: Path) -> None:
    written = ticks(5)
    assert tick_csv.write_ticks(tmp_path / "a.csv", [(20210104, written)]) == 5
    assert [tick[:12] for tick in played(tmp_path / "a.csv")] == [
        (*tick[:3], 20210104, *tick[4:12]) for tick in written
    ]


def test_ticks_in_vnpys_table_come_back_but_for_what_it_has_no_column(tmp_path: Path) -> None:
    written = ticks(5)
    assert vnpy_tables.write_ticks(tmp_path / "a.db", written) == (5, 0)
    assert played(tmp_path / "a.db") == [tick._replace(**KEPT_BY_VNPY) for tick in written]


def test_vnpy_keeps_the_last_of_several_ticks_of_one_moment_and_we_say_so(tmp_path: Path) -> None:
    same = [make_raw_tick(volume=n) for n in range(3)]
    assert vnpy_tables.write_ticks(tmp_path / "a.db", same) == (3, 2)
    assert [tick.volume for tick in played(tmp_path / "a.db")] == [2]


def test_bars_in_vnpys_table_come_back_and_are_added_to(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    vnpy_tables.write_bars(path, "1m", bars(3))
    assert vnpy_tables.write_bars(path, "1m", bars(4)) == (4, 3)
    found = list(vnpy_tables.vnpy_bars(path))
    assert found == [("1m", bar) for bar in bars(4, trading_day=0)]


def test_a_database_of_somebody_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE dbtickdata (symbol, exchange)")
    with pytest.raises(ReplayFileError, match=r"no database of vn.py's, it lacks datetime, volume"):
        played(path)
    with pytest.raises(StoreError, match=r"allowed is a database of vn.py's"):
        vnpy_tables.write_ticks(path, ticks(1))


def test_a_damaged_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(b"SQLite format 3\0" + b"x" * 4_000)
    with pytest.raises(ReplayFileError, match=r"cannot be read as a database of vn.py's"):
        played(path)


def test_a_row_that_holds_no_time_is_refused_with_its_number(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    vnpy_tables.write_ticks(path, ticks(2))
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE dbtickdata SET datetime = 'yesterday' WHERE id = 2")
    with pytest.raises(ReplayFileError, match="row 2 of dbtickdata"):
        played(path)


def test_a_block_of_ticks_comes_back_to_the_millisecond(tmp_path: Path) -> None:
    written = ticks(5)
    wonder_blocks.write_ticks(tmp_path / "a.dsb", 20210104, written)
    assert played(tmp_path / "a.dsb") == [tick._replace(trading_day=20210104) for tick in written]


def test_a_block_of_the_older_structure_uncompressed_is_read(tmp_path: Path) -> None:
    row = struct.pack(
        "<10s32s7d2I2dIi3I2dI20d20I",
        *(b"CFFEX", b"IF2101", 5230.8, 5230.0, 5232.8, 5229.2, 0.0, 5737.8, 4694.6),
        *(311, 2, 487976040.0, 0.0, 90767, 0, 20210104, 20210104, 93000400, 5227.0, 5216.2, 90826),
        *([5231.4] + [0.0] * 9 + [5231.6] + [0.0] * 9 + [2] + [0] * 9 + [1] + [0] * 9),
    )
    assert len(row) == 402
    (tmp_path / "a.dsb").write_bytes(b"&^%$#@!\0" + struct.pack("<HH", 24, 1) + row)
    (tick,) = played(tmp_path / "a.dsb")
    assert (tick.instrument_id, tick.last_price, tick.volume, tick.bid_volume, tick.depth) == (
        "IF2101.CFFEX",
        5230.8,
        311,
        2,
        None,
    )
    assert tick.settlement_price is None
    assert tick.ts_event == MORNING_NS + 400_000_000


@pytest.mark.parametrize("interval", ["1m", "1d"])
def test_a_block_of_bars_comes_back(tmp_path: Path, interval: str) -> None:
    written = bars(1 if interval == "1d" else 3)
    wonder_blocks.write_bars(tmp_path / "a.dsb", interval, written)
    found, read = wonder_blocks.dsb_bars(tmp_path / "a.dsb", "IF2101.CFFEX")
    assert found == interval
    assert [(bar.open, bar.volume, bar.open_interest) for bar in read] == [
        (bar.open, bar.volume, bar.open_interest) for bar in written
    ]
    assert interval == "1d" or read == written


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda data: data[:-3], "cut off: .* bytes where its header says"),
        (lambda data: data[:20] + b"\0" * (len(data) - 20), "cannot be unpacked"),
        (lambda data: data[:8] + b"\x07\0" + data[10:], "a block of kind 7, version 4"),
        (lambda data: data[:10] + b"\x09\0" + data[12:], "version 9"),
        (lambda data: data[:10] + b"\x02\0" + data[12:], "are no whole rows of 402 bytes"),
    ],
)
def test_a_damaged_block_is_refused_by_what_is_wrong(tmp_path: Path, change: Any, told: str) -> None:
    path = tmp_path / "a.dsb"
    wonder_blocks.write_ticks(path, 20210104, ticks(3))
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(ReplayFileError, match=told):
        played(path)


@pytest.mark.parametrize("system", ["vnpy", "wonder"])
def test_bars_as_csv_come_back(tmp_path: Path, system: str) -> None:
    path = tmp_path / "a.csv"
    written = bars(3, trading_day=0)
    rows = bar_csv.write_vnpy(path, written) if system == "vnpy" else bar_csv.write_wonder(path, "1m", written)
    assert rows == 3
    assert bar_csv.is_bars(path)
    assert list(bar_csv.read_csv_bars(path, instrument_id="IF2101.CFFEX", interval="1m")) == written


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("datetime,open,high,low,close\n", "lacks volume"),
        ("open,high,low,close,volume\n", "lacks datetime or date"),
        ("datetime,open,high,low,close,volume\n2021-01-04,1,2,x,1,5\n", "row 2: could not convert"),
        ("datetime,open,high,low,close,volume\nsoon,1,2,1,1,5\n", "row 2: Invalid isoformat"),
        ("date,time,open,high,low,close,volume\n20210104,2599,1,2,1,1,5\n", "row 2: no time of day"),
    ],
)
def test_bad_bars_as_csv_are_refused_with_their_row(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(ReplayFileError, match=told):
        list(bar_csv.read_csv_bars(tmp_path / "a.csv", instrument_id="IF2101.CFFEX", interval="1m"))
