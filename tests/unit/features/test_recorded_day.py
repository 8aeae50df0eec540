"""Features of the recorded exchange days agree with polars, which computes them another way."""

from __future__ import annotations

from math import isclose
from pathlib import Path

import polars as pl
import pytest

from features_builders import at, columns, feature_room, recorded_cu1909, recorded_if2101
from tradewind.domain.feature import FeatureSnapshot
from tradewind.domain.tick import Tick
from tradewind.features import FeatureSettings
from tradewind.features.snapshots import snapshot_builder
from tradewind.kernel.clock import NS_PER_S

from builders import make_instrument
from fakes import FakeCalendar

pytestmark = pytest.mark.data
CU1909 = make_instrument(instrument_id="cu1909.SHFE", symbol="cu1909", exchange="SHFE", contract_multiplier=5)
EVERY_TICK = FeatureSettings(windows=("60s", "5m", "120t"), indicator_interval="tick")


def snapshots(ticks: list[Tick], settings: FeatureSettings, multiplier: int) -> list[FeatureSnapshot]:
    advance = snapshot_builder(make_instrument(contract_multiplier=multiplier), settings)
    return [advance(tick) for tick in ticks]


@pytest.fixture(scope="module")
def if2101(data_dir: Path) -> list[Tick]:
    return recorded_if2101(data_dir)


@pytest.fixture(scope="module", params=["if2101", "cu1909"])
def day(request: pytest.FixtureRequest, data_dir: Path) -> tuple[list[Tick], list[FeatureSnapshot], int]:
    """(ticks, snapshots at every tick, multiplier) of each recording."""
    ticks, multiplier = (
        (recorded_if2101(data_dir), 300) if request.param == "if2101" else (recorded_cu1909(data_dir), 5)
    )
    return ticks, snapshots(ticks, EVERY_TICK, multiplier), multiplier


def assert_column(
    actual: list[float | None], expected: pl.Series, *, rel: float = 1e-9, at_least: float = 1e-9
) -> None:
    assert len(actual) == len(expected)
    for index, (mine, theirs) in enumerate(zip(actual, expected.to_list(), strict=True)):
        if mine is None or theirs is None:
            assert mine is None, (index, mine, theirs)
            assert theirs is None, (index, mine, theirs)
        else:
            assert isclose(mine, theirs, rel_tol=rel, abs_tol=at_least), (index, mine, theirs)


@pytest.mark.parametrize(("place", "span"), [(0, "60s"), (1, "5m"), (2, None)])
def test_windows_agree_with_polars(
    day: tuple[list[Tick], list[FeatureSnapshot], int], place: int, span: str | None
) -> None:
    ticks, snaps, multiplier = day
    frame = columns(ticks).with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))
    rolling = frame.rolling("time", period=span) if span else frame.rolling("row", period="120i")
    price = pl.col("price")
    expected = rolling.agg(
        size=pl.len(),
        first=price.first(),
        high=price.max(),
        low=price.min(),
        mean=price.mean(),
        sd=price.std(ddof=0),
        volume=pl.col("volume").sum(),
        turnover=pl.col("turnover").sum(),
        squares=price.pct_change().pow(2).sum(),
    ).with_columns(last=frame["price"])
    shown = [snap.windows[place] for snap in snaps]
    assert_column([window.sample_size for window in shown], expected["size"])
    assert_column([window.volume_sum for window in shown], expected["volume"])
    assert_column([window.turnover_sum for window in shown], expected["turnover"], at_least=1e-3)
    assert_column([window.high for window in shown], expected["high"])
    assert_column([window.low for window in shown], expected["low"])
    assert_column([window.mean for window in shown], expected["mean"])
    assert_column([window.return_ for window in shown], expected["last"] / expected["first"] - 1, at_least=1e-12)
    assert_column([window.realized_volatility for window in shown], expected["squares"].sqrt(), at_least=1e-10)
    vwap = pl.when(pl.col("volume") > 0).then(pl.col("turnover") / pl.col("volume") / multiplier)
    assert_column([window.vwap for window in shown], expected.select(vwap.alias("vwap"))["vwap"])
    zscore = pl.when(pl.col("high") > pl.col("low")).then((pl.col("last") - pl.col("mean")) / pl.col("sd")).otherwise(0)
    assert_column([window.zscore for window in shown], expected.select(zscore.alias("z"))["z"], rel=1e-7, at_least=1e-7)


def test_macd_agrees_with_polars(day: tuple[list[Tick], list[FeatureSnapshot], int]) -> None:
    ticks, snaps, _ = day
    price = columns(ticks)["price"]
    fast, slow = price.ewm_mean(span=12, adjust=False), price.ewm_mean(span=26, adjust=False)
    macd = fast - slow
    signal = macd.ewm_mean(span=9, adjust=False)
    assert_column([snap.ema_fast for snap in snaps], hidden(fast, 12))
    assert_column([snap.ema_slow for snap in snaps], hidden(slow, 26))
    assert_column([snap.macd for snap in snaps], hidden(macd, 26))
    assert_column([snap.macd_signal for snap in snaps], hidden(signal, 34))
    assert_column([snap.macd_histogram for snap in snaps], hidden(macd - signal, 34))


def test_bollinger_agrees_with_polars(day: tuple[list[Tick], list[FeatureSnapshot], int]) -> None:
    ticks, snaps, _ = day
    price = columns(ticks)["price"]
    mid, reach = price.rolling_mean(20), price.rolling_std(20, ddof=0).fill_nan(0) * 2
    assert_column([snap.bollinger_mid for snap in snaps], mid)
    assert_column([snap.bollinger_upper for snap in snaps], mid + reach, at_least=1e-3)
    assert_column([snap.bollinger_lower for snap in snaps], mid - reach, at_least=1e-3)


def test_rsi_agrees_with_polars(day: tuple[list[Tick], list[FeatureSnapshot], int]) -> None:
    ticks, snaps, _ = day
    change = columns(ticks)["price"].diff()[1:]
    gain, loss = wilder(change.clip(lower_bound=0), 14), wilder(-change.clip(upper_bound=0), 14)
    moved = gain + loss
    rsi = pl.DataFrame({"gain": gain, "moved": moved}).select(
        pl.when(pl.col("moved") > 0).then(100 * pl.col("gain") / pl.col("moved")).otherwise(50.0).alias("rsi")
    )["rsi"]
    assert_column([snap.rsi for snap in snaps[14:]], rsi, rel=1e-8)
    assert [snap.rsi for snap in snaps[:14]] == [None] * 14


def test_atr_agrees_with_polars(day: tuple[list[Tick], list[FeatureSnapshot], int]) -> None:
    ticks, snaps, _ = day
    reach = columns(ticks)["price"].diff().abs().fill_null(0.0)
    assert_column([snap.atr for snap in snaps[13:]], wilder(reach, 14), rel=1e-8)
    assert [snap.atr for snap in snaps[:13]] == [None] * 13


def test_sampled_indicators_agree_with_polars_over_closed_intervals(if2101: list[Tick]) -> None:
    snaps = snapshots(if2101, FeatureSettings(indicator_interval="1m"), 300)
    bars = (
        columns(if2101)
        .group_by_dynamic("time", every="1m")
        .agg(high=pl.col("price").max(), low=pl.col("price").min(), close=pl.col("price").last(), ticks=pl.len())
    )
    before = bars["close"].shift(1)
    reach = pl.max_horizontal(bars["high"], before) - pl.min_horizontal(bars["low"], before)
    atr = wilder(pl.select(reach).to_series(), 14)
    slow = bars["close"].ewm_mean(span=26, adjust=False)
    # The first tick of a minute is the first to see the indicators of the minute before.
    begins = bars["ticks"].cum_sum().to_list()[:-1]
    assert_column([snaps[index].ema_slow for index in begins], hidden(slow, 26)[: len(begins)])
    assert_column([snaps[index].atr for index in begins][13:], atr[: len(begins) - 13], rel=1e-8)
    assert snaps[begins[40]].ema_slow == snaps[begins[41] - 1].ema_slow


def test_one_minute_bars_agree_with_polars(if2101: list[Tick]) -> None:
    room = feature_room()
    room.feed(*if2101)
    room.clock.advance_to(at(15, 0, 10))
    # What belongs elsewhere than its minute: the auction at 09:29, the ticks of the two closing instants.
    moved = [
        min(max(ts, at(9, 30)), at(11, 30) - 1) if ts < at(12) else min(ts, at(15) - 1)
        for ts in (tick.ts_event for tick in if2101)
    ]
    expected = (
        columns(if2101)
        .with_columns(time=pl.from_epoch(pl.Series(moved), time_unit="ns"), seq=pl.Series([t.seq for t in if2101]))
        .group_by_dynamic("time", every="1m")
        .agg(
            open=pl.col("price").first(),
            high=pl.col("price").max(),
            low=pl.col("price").min(),
            close=pl.col("price").last(),
            volume=pl.col("volume").sum(),
            turnover=pl.col("turnover").sum(),
            ticks=pl.len(),
            seq=pl.col("seq").last(),
        )
        .with_columns(start=pl.col("time").dt.epoch("ns"))
    )
    for name, theirs in (("ts_open", "start"), ("tick_count", "ticks"), ("volume", "volume"), ("seq", "seq")):
        assert [getattr(bar, name) for bar in room.bars] == expected[theirs].to_list()
    for name in ("open", "high", "low", "close"):
        assert [getattr(bar, name) for bar in room.bars] == expected[name].to_list()
    assert_column([bar.turnover for bar in room.bars], expected["turnover"])
    assert len(room.bars) == len({bar.ts_open for bar in room.bars})
    assert sum(bar.volume for bar in room.bars) == sum(tick.volume_delta for tick in if2101)
    assert all(bar.ts_close - bar.ts_open == 60 * NS_PER_S for bar in room.bars)


def test_the_same_day_gives_the_same_features_twice(data_dir: Path) -> None:
    ticks = recorded_cu1909(data_dir)
    calendar = FakeCalendar(20190916, (ticks[0].ts_event - NS_PER_S, ticks[-1].ts_event + NS_PER_S))
    first, second = (feature_room(CU1909, calendar=calendar) for _ in range(2))
    first.feed(*ticks)
    second.feed(*ticks)
    assert first.features == second.features
    assert len(first.features) == 200


def hidden(series: pl.Series, need: int) -> pl.Series:
    """Take away what has not seen `need` samples."""
    return pl.Series([None] * (need - 1) + series.to_list()[need - 1 :], dtype=pl.Float64)


def wilder(series: pl.Series, period: int) -> pl.Series:
    """Wilder's average from the first full period on: a plain mean, then weight 1 / period."""
    seeded = pl.concat([pl.Series([series[:period].mean()], dtype=pl.Float64), series[period:].cast(pl.Float64)])
    return seeded.ewm_mean(alpha=1 / period, adjust=False)
