"""Days of quotes from simulated fronts to clean ticks: nights, midnight, breaks, snapshots, each exchange's habits."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from market_builders import shanghai
from private_ports import free_ports
from tradewind.bus.topics import CLEAN_TICKS, QUOTE_SNAPSHOTS
from tradewind.ctp.channel import Places
from tradewind.ctp.settings import CtpSettings
from tradewind.domain.tick import Tick
from tradewind.kernel.clock import NS_PER_S, FakeClock
from tradewind.kernel.metrics import Metrics
from tradewind.kernel.settings import load
from tradewind.market.feed_watch import FeedState
from tradewind.market.sources.ctp import CtpSource
from tradewind.market.sources.settings import CtpFeedSettings
from tradewind.runtime.settings import TradewindSettings
from tradewind.runtime.wiring import build_line
from tradewind.testing.ctp_front.front import CtpFronts

from waiting import eventually

GOLD, MEAL, SUGAR, INDEX = "au2506", "m2505", "SR505", "IF2504"
SYMBOLS = (GOLD, MEAL, SUGAR, INDEX)
TUESDAY = 20250401
PATIENCE_S = 25.0


class Stage:
    """Fronts, the source with its true child, the line behind it, and one clock for all."""

    def __init__(self, folder: Path) -> None:
        self.fronts = CtpFronts()
        self.fronts.start(*free_ports(2))
        self.clock = FakeClock()
        self.stand_at("2025-03-31 20:50:00")
        settings = CtpSettings(
            binding="tradewind.testing.ctp_front.binding",
            no_answer_s=0.3,
            next_front_s=1.0,
            retry_scale=0.05,
        )
        self.line = build_line(
            load(TradewindSettings, flags=["market.source=ctp", "rooms=[]"]).settings, metrics=Metrics()
        )
        self.source = CtpSource(
            CtpFeedSettings(fronts=(self.fronts.market_address,), symbols=SYMBOLS, timer_step_ms=10, idle_retry_s=1.0),
            settings,
            places=Places.of(settings, str(folder), "market"),
            instruments=self.line.instruments,
            calendar=self.line.calendar,
            metrics=Metrics(),
            clock=self.clock,
        )
        self.ticks: list[Tick] = []
        self.shown: list[Tick] = []
        self.line.bus.subscribe(CLEAN_TICKS, self.ticks.append, group="test")
        self.line.bus.subscribe(QUOTE_SNAPSHOTS, self.shown.append, group="test")

    def stand_at(self, moment: str) -> None:
        self.fronts.stand_at(moment)
        self.clock.advance((shanghai(moment) + 100_000_000 - self.clock.now_ns()) / NS_PER_S)

    async def signed_in(self, *, times: int = 1) -> None:
        def is_in() -> bool:
            status = self.source.status()
            return status.subscribed == len(SYMBOLS) and status.connections.get("signed_in", 0) >= times

        await eventually(is_in, timeout_s=PATIENCE_S)

    @property
    def restarts(self) -> int:
        return self.source.status().publisher_restarts

    def kill_child(self) -> None:
        """Kill the child with the library, where there is one."""
        if (pid := self.source.child_pid) is not None:
            os.kill(pid, signal.SIGKILL)

    async def quote(self, symbol: str, last: float, **more: Any) -> Tick:
        """Let the market move and return the clean tick that comes of it."""
        before = len(self.ticks)
        self.fronts.quote(symbol, last, **more)
        await eventually(lambda: len(self.ticks) == before + 1)
        return self.ticks[-1]

    async def received(self, count: int) -> None:
        await eventually(lambda: self.source.status().ticks == count)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    made = Stage(tmp_path)
    made.fronts.market.trading_day = str(TUESDAY)
    running = asyncio.create_task(made.source.run(made.line.intake))
    yield made
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    made.fronts.stop()


async def test_a_night_and_a_day_of_all_exchanges_are_dated_and_summed_right(stage: Stage) -> None:
    await stage.signed_in()
    stage.stand_at("2025-03-31 21:00:05")
    for symbol, price in ((GOLD, 720.0), (MEAL, 2900.0), (SUGAR, 6000.0)):
        tick = await stage.quote(symbol, price, lots=3)
        # DCE says the trading day for the date, CZCE the date for the trading day.
        assert (tick.trading_day, tick.ts_event) == (TUESDAY, shanghai("2025-03-31 21:00:05")), symbol

    stage.stand_at("2025-03-31 22:59:59")
    sugar = await stage.quote(SUGAR, 6001.0, lots=2)
    assert (sugar.volume, sugar.volume_delta) == (5, 2)
    # CZCE's turnover comes without the multiplier, and goes on with it.
    assert (sugar.turnover, sugar.turnover_delta) == (300_020.0, 120_020.0)

    stage.stand_at("2025-04-01 00:30:00")
    gold = await stage.quote(GOLD, 721.0)
    assert (gold.trading_day, gold.ts_event) == (TUESDAY, shanghai("2025-04-01 00:30:00"))

    stage.stand_at("2025-04-01 09:30:00")
    index = await stage.quote(INDEX, 3900.0)
    assert (index.trading_day, index.settlement_price, index.depth) == (TUESDAY, None, None)
    assert stage.source.status().trading_day == TUESDAY
    await eventually(lambda: stage.source.status().state is FeedState.FLOWING)


async def test_old_snapshots_are_shown_and_what_comes_twice_is_dropped(stage: Stage) -> None:
    stage.stand_at("2025-03-31 14:59:59")
    stage.fronts.quote(GOLD, 719.0)
    stage.stand_at("2025-03-31 20:50:00")
    await stage.signed_in()
    await stage.received(1)
    assert [tick.last_price for tick in stage.shown] == [719.0]
    assert stage.ticks == []

    stage.stand_at("2025-03-31 21:00:01")
    await stage.quote(GOLD, 720.0)
    stage.fronts.disconnect()
    await stage.signed_in(times=2)
    # The front sends the last quote again with the subscription.
    await stage.received(3)
    await eventually(lambda: stage.line.intake.counts().rejected.get("duplicate") == 1)
    assert [tick.last_price for tick in stage.ticks] == [720.0]


async def test_a_maintenance_break_is_no_alarm_and_the_next_session_is_there(stage: Stage) -> None:
    await stage.signed_in()
    stage.stand_at("2025-04-01 15:45:00")
    stage.fronts.stop()
    await eventually(lambda: "next session" in stage.source.status().detail, timeout_s=PATIENCE_S)
    assert not stage.source.status().is_alarm
    stage.stand_at("2025-04-01 20:46:00")
    stage.fronts.start(int(stage.fronts.market_address.rpartition(":")[2]))
    await stage.signed_in(times=2)
    stage.stand_at("2025-04-01 21:00:02")
    assert (await stage.quote(GOLD, 722.0)).trading_day == 20250402


async def test_a_front_that_goes_silent_in_trading_hours_is_an_alarm(stage: Stage) -> None:
    await stage.signed_in()
    stage.stand_at("2025-04-01 09:30:00")
    await stage.quote(GOLD, 720.0)
    stage.stand_at("2025-04-01 09:31:00")
    await eventually(lambda: stage.source.status().state is FeedState.SILENT)
    assert stage.source.status().is_alarm
    await stage.quote(GOLD, 721.0)
    await eventually(lambda: not stage.source.status().is_alarm)


async def test_a_child_killed_at_each_step_of_its_login_loses_no_quote_that_comes_after(stage: Stage) -> None:
    await stage.signed_in()
    faults = stage.fronts.faults
    for times, step in enumerate(("hello", "ReqUserLogin", "subscribe"), start=1):
        before, ended = faults.met[step], 2 * times
        faults.add(step, "ignore")
        stage.kill_child()
        await eventually(lambda step=step, before=before: faults.met[step] > before, timeout_s=PATIENCE_S)  # type: ignore[misc]
        stage.kill_child()
        await eventually(lambda ended=ended: stage.restarts == ended, timeout_s=PATIENCE_S)  # type: ignore[misc]
        await stage.signed_in()
        stage.stand_at(f"2025-03-31 21:00:{times:02}")
        assert (await stage.quote(GOLD, 720.0 + times)).last_price == 720.0 + times
