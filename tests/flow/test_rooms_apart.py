"""Rooms in processes of their own do what one process does: the same events, in the same order, to the last bit."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from rooms_apart import Apart
from tradewind.bus.topics import CLEAN_TICKS, RISK_ALERTS
from tradewind.domain.risk import AlertKind, RiskAlert
from tradewind.domain.tick import Tick, TickFlag
from tradewind.kernel.clock import NS_PER_S
from tradewind.kernel.metrics import Metrics
from tradewind.kernel.rng import named_rng
from tradewind.kernel.settings import load
from tradewind.runtime.digest import OutputDigest
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


def ended_and_back(ticks: list[Tick]) -> list[Tick]:
    """Return ticks of which 1 000 in the middle never came: the contract was let go, and subscribed again."""
    before, after = ticks[:4_000], ticks[5_000:6_000]
    newest = before[-1]
    flags = newest.flags | TickFlag.LAST
    last = msgspec.structs.replace(newest, seq=newest.seq + 1, volume_delta=0, turnover_delta=0.0, flags=int(flags))
    back = [msgspec.structs.replace(tick, seq=last.seq + at) for at, tick in enumerate(after, 1)]
    return [*before, last, *back]


def together(day: Day, ticks: list[Tick], end_ns: int) -> tuple[str, list[RiskAlert]]:
    """Return the hash of what one process makes of these clean ticks, and the alerts among it."""
    line = build_line(day.settings, metrics=Metrics())
    digest = OutputDigest(line.bus)
    alerts: list[RiskAlert] = []
    line.bus.subscribe(RISK_ALERTS, alerts.append, group="test")
    line.attach()
    publish = line.bus.publisher(CLEAN_TICKS)
    for tick in ticks:
        line.clock.advance_to(tick.ts_recv)
        publish(tick)
    line.clock.advance_to(end_ns)
    return digest.hexdigest(), alerts


def test_a_contract_that_ends_on_the_line_ends_at_the_same_place_in_every_room(day: Day) -> None:
    ticks = ended_and_back(day.ticks)
    end_ns = ticks[-1].ts_recv
    sha256, alerts = together(day, ticks, end_ns)
    silent = {alert.alert_id for alert in alerts if alert.kind is AlertKind.STALE_DATA}
    assert silent == set()
    # Without its last tick the same hole is told as silence: there was something to forget.
    _, alarmed = together(day, [tick for tick in ticks if not tick.flags & TickFlag.LAST], end_ns)
    assert any(alert.kind is AlertKind.STALE_DATA for alert in alarmed)

    apart = Apart(day.settings, ticks, end_ns=end_ns)
    apart.play(named_rng(6, "ended"), kill_one_in=200)
    assert apart.restarts > 0
    assert apart.sha256() == sha256
