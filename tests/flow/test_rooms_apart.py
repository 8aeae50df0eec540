"""Rooms in processes of their own do what one process does: the same events, in the same order, to the last bit."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from rooms_apart import Apart
from tradewind.bus.topics import CLEAN_TICKS
from tradewind.domain.tick import Tick
from tradewind.kernel.clock import NS_PER_S
from tradewind.kernel.metrics import Metrics
from tradewind.kernel.rng import named_rng
from tradewind.kernel.settings import load
from tradewind.runtime.replay import ReplayReport, replay_file
from tradewind.runtime.settings import TradewindSettings
from tradewind.runtime.wiring import build_line, build_replay_source

pytestmark = [pytest.mark.data, pytest.mark.timeout(120)]

DAY = "futures_tick/CFFEX.IF2101_20210104.parquet"


class Day:
    """A recorded day in one process, and the clean ticks it was made of."""

    def __init__(self, data_dir: Path) -> None:
        flags = ["market.source=replay", f"market.replay.path={data_dir / DAY}"]
        settings = load(TradewindSettings, flags=flags).settings
        patient = msgspec.structs.replace(settings.strategies, cpu_budget_us=0, hang_ms=10_000)
        self.settings = msgspec.structs.replace(settings, strategies=patient)
        self.together: ReplayReport = replay_file(settings)
        line = build_line(self.settings, metrics=Metrics())
        self.ticks: list[Tick] = []
        line.bus.subscribe(CLEAN_TICKS, self.ticks.append, group="test")
        for raw in build_replay_source(self.settings, line).ticks():
            line.intake.accept(raw)
        self.end_ns = line.clock.now_ns() + round(settings.market.replay.tail_s * NS_PER_S)


@pytest.fixture(scope="module")
def day(data_dir: Path) -> Day:
    return Day(data_dir)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_rooms_apart_give_the_same_hash_whoever_reads_first(day: Day, seed: int) -> None:
    apart = Apart(day.settings, day.ticks, end_ns=day.end_ns)
    apart.play(named_rng(seed, "apart"))
    assert apart.sha256() == day.together.sha256


def test_rooms_killed_again_and_again_write_nothing_twice_and_lose_nothing(day: Day) -> None:
    apart = Apart(day.settings, day.ticks[:6_000], end_ns=day.ticks[5_999].ts_recv)
    apart.play(named_rng(4, "apart"))
    killed = Apart(day.settings, day.ticks[:6_000], end_ns=day.ticks[5_999].ts_recv)
    killed.play(named_rng(5, "killed"), kill_one_in=40)
    assert killed.restarts > 2
    assert killed.sha256() == apart.sha256()
    for stream in killed.streams.values():
        keys = [entry.key for entry in stream.entries]
        assert keys == sorted(set(keys))
