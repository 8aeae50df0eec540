"""A recorded day through the whole line: the same bytes come out every time, with or without the edges attached."""

from __future__ import annotations

from pathlib import Path

import pytest

from tradewind.kernel.metrics import Metrics
from tradewind.kernel.settings import load
from tradewind.runtime.digest import OutputDigest
from tradewind.runtime.replay import ReplayReport, replay_file
from tradewind.runtime.settings import TradewindSettings
from tradewind.runtime.wiring import build_line, build_source

DAY = "futures_tick/CFFEX.IF2101_20210104.parquet"


def replayed(data_dir: Path, *flags: str, with_push: bool = False) -> ReplayReport:
    base = ["market.source=replay", f"market.replay.path={data_dir / DAY}"]
    return replay_file(load(TradewindSettings, flags=[*base, *flags]).settings, with_push=with_push)


@pytest.fixture(scope="module")
def first(data_dir: Path) -> ReplayReport:
    return replayed(data_dir)


@pytest.mark.data
def test_the_hash_is_the_same_over_ten_runs(data_dir: Path, first: ReplayReport) -> None:
    assert {replayed(data_dir).sha256 for _ in range(10)} == {first.sha256}


@pytest.mark.data
def test_the_hash_does_not_depend_on_the_push_room(data_dir: Path, first: ReplayReport) -> None:
    assert replayed(data_dir, with_push=True).sha256 == first.sha256


@pytest.mark.data
def test_another_setting_gives_another_hash(data_dir: Path, first: ReplayReport) -> None:
    assert replayed(data_dir, "features.rsi_period=15").sha256 != first.sha256


@pytest.mark.data
def test_every_tick_is_accounted_for(first: ReplayReport) -> None:
    assert first.ticks_in == 27_955
    assert first.rejected == {"off_session": 2}
    assert first.features == first.ticks_clean == first.ticks_in - 2


@pytest.mark.data
def test_every_strategy_sees_something_and_none_floods(first: ReplayReport) -> None:
    assert set(first.signals_by_strategy) == {
        "bollinger",
        "macd",
        "mean_reversion",
        "momentum",
        "rapid_rise",
        "rsi",
    }
    assert all(1 <= count <= 500 for count in first.signals_by_strategy.values())
    assert first.opportunities > 0
    assert first.alerts > 0


@pytest.mark.data
def test_a_day_of_four_hours_has_two_hundred_and_forty_bars(first: ReplayReport) -> None:
    assert first.bars == 240


@pytest.mark.data
async def test_the_day_played_live_gives_the_hash_of_the_day_played_headless(
    data_dir: Path, first: ReplayReport
) -> None:
    patient = ["strategies.cpu_budget_us=0", "strategies.hang_ms=10000", "market.replay.speed=max"]
    settings = load(
        TradewindSettings, flags=["market.source=replay", f"market.replay.path={data_dir / DAY}", *patient]
    ).settings
    line = build_line(settings, metrics=Metrics())
    digest = OutputDigest(line.bus)
    line.attach()
    await build_source(settings, line, metrics=line.metrics).run(line.intake)
    line.detach()
    assert digest.hexdigest() == first.sha256
