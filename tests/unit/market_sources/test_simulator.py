"""The simulated market played by the wall clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import islice
from typing import Any

import pytest

from sources_builders import FakeWaiter, KeepingIntake
from tradewind.domain.tick import RawTick
from tradewind.errors import ConfigError, InputError
from tradewind.kernel.clock import NS_PER_S
from tradewind.market.sources.settings import LiquidContract, SimulatorSettings
from tradewind.market.sources.simulator import SimulatorSource

from builders import MORNING_NS, make_instrument
from fakes import FakeCalendar, FakeInstruments

NOON = MORNING_NS + 3600 * NS_PER_S
CONTRACT = LiquidContract(
    instrument_id="IF2101.CFFEX",
    reference_price=5216.2,
    daily_volatility_percent=1.2,
    spread_ticks=1,
    ticks_per_s=2.0,
    lots_per_tick=4.0,
)

LATER = make_instrument(instrument_id="IF2102.CFFEX", symbol="IF2102")
GOLD = make_instrument(instrument_id="au2604.SHFE", symbol="au2604", exchange="SHFE", product_id="au")


class Stop(Exception):  # noqa: N818 - ends a market that never ends, no error
    pass


class FollowingClock:
    """A wall clock that goes with the fake wait, but for what it is set off by."""

    def __init__(self, waiter: FakeWaiter) -> None:
        self._waiter = waiter
        self.set_off_s = 0.0

    def now_ns(self) -> int:
        return NOON + round((self._waiter.elapsed_s + self.set_off_s) * NS_PER_S)


class Simulated:
    """One run of the simulator on fake time, for `seconds`."""

    def __init__(self, seconds: float, *sections: tuple[int, int], **changes: Any) -> None:
        self.waiter = FakeWaiter((seconds, self._stop))
        self.clock = FollowingClock(self.waiter)
        self.intake = KeepingIntake(lambda: self.waiter.elapsed_s)
        self.on_tick: Callable[[RawTick], None] = lambda _: None
        self._accept = self.intake.accept
        self.intake.accept = self._watched_accept  # type: ignore[method-assign]  # tests act between ticks
        calendar = FakeCalendar(20210104, *(sections or ((MORNING_NS, MORNING_NS + 7200 * NS_PER_S),)))
        self.source = SimulatorSource(
            SimulatorSettings(**{"warm_up_s": 0.0, **changes}),
            contracts=(CONTRACT,),
            instruments=FakeInstruments(make_instrument(), LATER, GOLD),
            calendar=calendar,
            clock=self.clock,
            waiter=self.waiter,
        )

    async def run(self) -> Simulated:
        with pytest.raises(Stop):
            await self.source.run(self.intake)
        return self

    def _watched_accept(self, raw: RawTick) -> None:
        self._accept(raw)
        self.on_tick(raw)

    @staticmethod
    def _stop() -> None:
        raise Stop

    def lateness_s(self) -> list[float]:
        pairs = zip(self.intake.ticks, self.intake.accepted_at_s, strict=True)
        return [at - (tick.ts_recv - NOON) / NS_PER_S for tick, at in pairs]


async def test_every_snapshot_comes_when_it_is_due() -> None:
    played = await Simulated(30.0).run()
    assert 45 <= len(played.intake.ticks) <= 60
    assert all(-1e-6 < late < 1e-3 for late in played.lateness_s())
    assert played.source.skipped_ns == 0


async def test_the_first_minutes_are_there_at_once_when_asked_for() -> None:
    played = await Simulated(1.0, warm_up_s=600.0).run()
    before = [tick for tick in played.intake.ticks if tick.ts_recv < NOON]
    assert 900 < len(before) <= 1200
    assert played.intake.accepted_at_s[len(before) - 1] == 0.0
    assert played.lateness_s()[-1] < 1e-3


async def test_after_a_stall_the_missed_time_is_left_out() -> None:
    played = Simulated(40.0)

    def stall(_: RawTick) -> None:
        if len(played.intake.ticks) == 10:
            played.waiter.now += 20.0

    played.on_tick = stall
    await played.run()
    late = played.lateness_s()
    assert sum(one > 0.01 for one in late) <= 1
    assert played.source.skipped_ns > 15 * NS_PER_S


async def test_a_short_stall_is_caught_up_tick_by_tick() -> None:
    played = Simulated(20.0)

    def stall(_: RawTick) -> None:
        if len(played.intake.ticks) == 10:
            played.waiter.now += 0.9

    played.on_tick = stall
    await played.run()
    assert played.source.skipped_ns == 0
    assert len(played.intake.ticks) >= 30
    assert played.lateness_s()[-1] < 1e-3


async def test_a_wall_clock_set_back_stops_nothing() -> None:
    played = Simulated(20.0)

    def set_back(_: RawTick) -> None:
        played.clock.set_off_s = -3600.0

    played.on_tick = set_back
    await played.run()
    assert len(played.intake.ticks) >= 30


async def test_in_a_break_there_is_no_tick_but_line_time_goes_on() -> None:
    played = await Simulated(
        60.0, (MORNING_NS, NOON + 10 * NS_PER_S), (NOON + 40 * NS_PER_S, NOON + 100 * NS_PER_S)
    ).run()
    offsets = [(tick.ts_event - NOON) / NS_PER_S for tick in played.intake.ticks]
    assert not [offset for offset in offsets if 10 < offset < 40]
    assert [offset for offset in offsets if offset >= 40]
    moved = [ts for ts in played.intake.advances if NOON + 10 * NS_PER_S < ts < NOON + 40 * NS_PER_S]
    assert len(moved) > 100


async def test_when_the_calendar_ends_so_does_the_source() -> None:
    played = Simulated(60.0, (MORNING_NS, NOON + 5 * NS_PER_S))
    await played.source.run(played.intake)
    assert len(played.intake.ticks) > 5


async def test_cancelling_ends_it() -> None:
    source = SimulatorSource(
        SimulatorSettings(warm_up_s=0.0),
        contracts=(CONTRACT,),
        instruments=FakeInstruments(make_instrument()),
        calendar=FakeCalendar(20210104, (0, 1 << 62)),
    )
    task = asyncio.create_task(source.run(KeepingIntake()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_ticks_can_be_had_without_waiting_and_again() -> None:
    source = Simulated(1.0).source
    assert list(islice(source.ticks(NOON), 500)) == list(islice(source.ticks(NOON), 500))


def test_a_wrong_contract_is_refused_before_anything_runs() -> None:
    with pytest.raises(ConfigError, match="no simulated contract"):
        Simulated(1.0, instruments=("nope",))


async def test_a_contract_subscribed_while_it_runs_trades_from_the_next_round_and_time_never_goes_back() -> None:
    played = Simulated(20.0)

    def subscribe(_: RawTick) -> None:
        if len(played.intake.ticks) == 10:
            played.source._trading.add("IF2102.CFFEX")
        if len(played.intake.ticks) == 30:
            played.source.unsubscribe("IF2101.CFFEX")

    played.on_tick = subscribe
    await played.run()
    ids = [tick.instrument_id for tick in played.intake.ticks]
    assert "IF2102.CFFEX" in ids[10:14]
    assert set(ids[34:]) == {"IF2102.CFFEX"}
    times = [tick.ts_recv for tick in played.intake.ticks]
    assert times == sorted(times)


async def test_a_product_that_is_not_simulated_is_refused_with_those_that_are() -> None:
    played = Simulated(1.0)
    with pytest.raises(InputError, match="allowed products: IF"):
        await played.source.subscribe("au2604.SHFE")
    assert not await played.source.is_subscribed("au2604.SHFE")


async def test_the_last_contract_stays() -> None:
    played = Simulated(1.0)
    played.source.unsubscribe("IF2101.CFFEX")
    assert await played.source.is_subscribed("IF2101.CFFEX")
