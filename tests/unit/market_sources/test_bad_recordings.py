"""A recording that cannot be played is refused with the file, what is wrong and what is allowed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sources_builders import options, write_parquet, write_wt, wt_columns
from tradewind.errors import ReplayFileError
from tradewind.market.sources.layouts.picking import open_recording
from tradewind.market.sources.layouts.recording_file import ticks_of


def refused(path: Path) -> str:
    with pytest.raises(ReplayFileError) as caught:
        list(ticks_of(open_recording(path, options())))
    return str(caught.value)


def test_a_missing_file(tmp_path: Path) -> None:
    message = refused(tmp_path / "gone.parquet")
    assert "gone.parquet: no such file; allowed is a Parquet file, a CTP-style CSV file, a .twr recording or" in message


def test_no_path_at_all() -> None:
    assert "set market.replay.path" in refused(Path())


def test_a_directory(tmp_path: Path) -> None:
    assert "is a directory" in refused(tmp_path)


def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "nothing.parquet"
    path.touch()
    assert "nothing.parquet: is empty" in refused(path)


@pytest.mark.parametrize("kept", [20, 500, -1])
def test_a_truncated_parquet_file(tmp_path: Path, kept: int) -> None:
    path = write_wt(tmp_path / "cut.parquet", {}, {})
    path.write_bytes(path.read_bytes()[:kept])
    assert "cut.parquet: truncated Parquet file" in refused(path)


def test_a_parquet_file_with_a_damaged_footer(tmp_path: Path) -> None:
    path = write_wt(tmp_path / "bad.parquet", {}, {})
    data = bytearray(path.read_bytes())
    data[-200:-20] = b"\xff" * 180
    path.write_bytes(data)
    assert "damaged" in refused(path)


def test_a_parquet_file_with_damaged_pages(tmp_path: Path) -> None:
    path = write_wt(tmp_path / "bad.parquet", *({"total_volume": n} for n in range(3000)))
    data = bytearray(path.read_bytes())
    data[4:400] = b"\xff" * 396
    path.write_bytes(data)
    assert "bad.parquet: damaged after row 0" in refused(path)


def test_something_else_named_parquet(tmp_path: Path) -> None:
    path = tmp_path / "notes.parquet"
    path.write_text("not a table")
    assert "no Parquet file, it begins with b'not '" in refused(path)


def test_something_else_named_twr(tmp_path: Path) -> None:
    path = tmp_path / "notes.twr"
    path.write_text("not a recording")
    assert "no .twr recording" in refused(path)


def test_a_binary_file(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    assert "neither Parquet nor text" in refused(path)


def test_foreign_columns_name_the_nearest_layout_and_what_it_lacks(tmp_path: Path) -> None:
    columns = wt_columns({})
    del columns["bid_price1"], columns["price"]
    message = refused(write_parquet(tmp_path / "x.parquet", columns))
    assert "nearest is wt_ticks, which also needs price, bid_price1" in message
    assert "allowed layouts: wt_ticks, tq_ticks, tq_bars, lean_trades, lean_futures_trades, lean_quotes" in message


def test_wrong_column_types_are_each_named(tmp_path: Path) -> None:
    columns = {**wt_columns({}), "price": ["5230.0"], "code": [7]}
    message = refused(write_parquet(tmp_path / "x.parquet", columns))
    assert "price must be a number, was string" in message
    assert "code must be a text, was int64" in message


def test_a_table_without_rows(tmp_path: Path) -> None:
    columns = {name: values[:0] for name, values in wt_columns({}).items()}
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.table(wt_columns({})).schema
    pq.write_table(pa.table(columns, schema=schema), tmp_path / "none.parquet")
    assert "none.parquet: holds no rows" in refused(tmp_path / "none.parquet")


def test_an_impossible_date(tmp_path: Path) -> None:
    message = refused(write_wt(tmp_path / "x.parquet", {"action_date": 20211345}))
    assert "damaged after row 0: month must be in 1..12" in message


def test_a_row_without_a_time(tmp_path: Path) -> None:
    columns = {**wt_columns({}, {}), "action_time": [93_000_400.0, float("nan")]}
    assert "a whole number was expected" in refused(write_parquet(tmp_path / "x.parquet", columns))


def test_a_row_without_a_contract(tmp_path: Path) -> None:
    columns = {**wt_columns({}, {}), "code": ["IF2101", None]}
    assert "names no contract" in refused(write_parquet(tmp_path / "x.parquet", columns))


_TQ: dict[str, list[Any]] = {
    "datetime": [1_568_613_693_000_000_000],
    "last_price": [47_800.0],
    "highest": [47_860.0],
    "lowest": [47_660.0],
    "open_interest": [8240],
    "volume": [7360],
    "amount": [1_756_292_000.0],
    "bid_price1": [47_780.0],
    "bid_volume1": [10],
    "ask_price1": [47_820.0],
    "ask_volume1": [10],
}


def test_a_name_that_tells_no_contract_says_how_to_name_it(tmp_path: Path) -> None:
    message = refused(write_parquet(tmp_path / "ticks.parquet", _TQ))
    assert "'ticks.parquet'" in message
    assert "market.replay.instrument" in message


def test_the_operator_may_name_the_contract(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "ticks.parquet", _TQ)
    (tick,) = ticks_of(open_recording(path, options(instrument="cu1909.SHFE")))
    assert tick[0] == "cu1909.SHFE"
    assert tick[-1] is None  # one level recorded, none beyond


def test_us_trades_need_a_date_in_their_name(tmp_path: Path) -> None:
    columns = {"ms_since_midnight": [1], "price_x10000": [1_815_200], "size": [100]}
    path = write_parquet(tmp_path / "trades.parquet", columns)
    with pytest.raises(ReplayFileError, match="the date cannot be told"):
        open_recording(path, options(instrument="IBM.US"))


def test_unreadable_trades_beside_quotes_are_named(tmp_path: Path) -> None:
    columns = {name: [1] for name in ("ms_since_midnight", "bid_x10000", "bid_size", "ask_x10000", "ask_size")}
    path = write_parquet(tmp_path / "IBM_20131007_quote.parquet", columns)
    beside = tmp_path / "IBM_20131007_trade.parquet"
    beside.write_bytes(b"PAR1 no more")
    message = refused(path)
    assert str(beside) in message
    assert "mend or remove the file" in message
