"""Columns to Python values."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources_builders import options, write_parquet, write_wt, wt_columns
from tradewind.market.sources.layouts.columns import (
    china_midnight_ns,
    china_ns,
    china_trading_dates,
    new_york_midnight_ns,
    plain,
    prices,
)
from tradewind.market.sources.layouts.day_totals import DayTotals
from tradewind.market.sources.layouts.picking import open_recording
from tradewind.market.sources.layouts.recording_file import ticks_of

DBL_MAX = 1.7976931348623157e308


@given(st.lists(st.sampled_from([0.0, 5230.0, 5230.2, DBL_MAX, 1.79769e308, math.nan, math.inf, -math.inf, -3.0])))
def test_every_sentinel_becomes_none_and_nothing_else_changes(values: list[float]) -> None:
    array = np.array([1.0, *values])
    expected = [None if not abs(value) < 1e300 or value == 0.0 else value for value in array.tolist()]
    assert list(prices(array)) == expected


@given(st.lists(st.integers(0, 3), min_size=1, max_size=60))
def test_runs_keep_every_row(values: list[int]) -> None:
    assert list(plain(np.array(values))) == values


def test_a_zero_turnover_is_no_sentinel() -> None:
    assert list(prices(np.array([0.0, 5.0, math.nan]), is_zero_absent=False)) == [0.0, 5.0, None]


def test_values_are_plain_python_objects() -> None:
    for values in (np.array([1.5] * 20), np.arange(20.0) + 1, np.array([1.5] * 10 + [math.nan] + [2.5] * 10)):
        assert {type(value) for value in prices(values)} <= {float, type(None)}


def test_chinese_civil_time_is_eight_hours_ahead() -> None:
    days, clocks = np.array([20210104, 20210105]), np.array([92_900_400, 230_000_500])
    assert china_ns(days, clocks).tolist() == [1_609_723_740_400_000_000, 1_609_858_800_500_000_000]
    assert china_midnight_ns(19700101) == -8 * 3600 * 10**9


def test_new_york_midnight_knows_summer_and_winter_time() -> None:
    assert new_york_midnight_ns(20131007) == 1_381_118_400_000_000_000  # 04:00 UTC
    assert new_york_midnight_ns(20131209) == 1_386_565_200_000_000_000  # 05:00 UTC


def test_friday_night_counts_towards_monday() -> None:
    friday = 20210108
    moments = china_ns(
        np.array([friday, friday, 20210109, 20210111, 20210111]),
        np.array([145_900_000, 210_000_000, 13_000_000, 90_000_000, 210_000_000]),
    )
    dates = china_trading_dates(moments)
    assert (dates - dates[0]).tolist() == [0, 3, 3, 3, 4]


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 9), st.integers(0, 5)), min_size=1), st.integers(1, 7))
def test_day_totals_do_not_depend_on_the_batches(rows: list[tuple[int, int, int]], size: int) -> None:
    rows = sorted(rows, key=lambda row: row[0])
    days, paid = np.array([row[0] for row in rows]), np.array([row[1] / 10 for row in rows])
    lots = np.array([row[2] for row in rows])
    whole = DayTotals().add(days, paid, lots, 300.0)
    totals = DayTotals()
    parts = [
        totals.add(days[at : at + size], paid[at : at + size], lots[at : at + size], 300.0)
        for at in range(0, len(rows), size)
    ]
    for name in whole._fields:
        joined = [value for part in parts for value in getattr(part, name).tolist()]
        assert joined == getattr(whole, name).tolist()
    last = days[-1]
    assert whole.volume[-1] == lots[days == last].sum()
    assert whole.high_price[-1] == paid[days == last].max()
    assert whole.low_price[-1] == paid[days == last].min()
    assert whole.open_price[-1] == paid[days == last][0]


def test_a_file_of_several_contracts_names_each_row(tmp_path: Path) -> None:
    path = write_wt(tmp_path / "x.parquet", {"code": "IF2101"}, {"code": "IF2102"}, {"code": "IF2101"})
    ids = [tick[0] for tick in ticks_of(open_recording(path, options()))]
    assert ids == ["IF2101.CFFEX", "IF2102.CFFEX", "IF2101.CFFEX"]


def test_absent_book_sides_and_volumes_are_none(tmp_path: Path) -> None:
    columns = {**wt_columns({"ask_price1": 0.0}, {"bid_price1": DBL_MAX}), "total_volume": [240.0, math.nan]}
    first, second = ticks_of(open_recording(write_parquet(tmp_path / "x.parquet", columns), options()))
    assert (first[10], first[5]) == (None, 240)
    assert (second[8], second[5]) == (None, None)


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 0, 1]])
def test_rows_out_of_order_are_passed_on_as_they_are(tmp_path: Path, order: list[int]) -> None:
    path = write_wt(tmp_path / "x.parquet", *({"total_volume": 240 + n, "action_time": 93_000_000 + n} for n in order))
    assert [tick[5] for tick in ticks_of(open_recording(path, options()))] == [240 + n for n in order]
