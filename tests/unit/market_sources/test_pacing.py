"""When a recorded moment is due."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources_builders import FakeWaiter, KeepingIntake
from tradewind.kernel.clock import NS_PER_S, FakeClock, monotonic_s
from tradewind.market.sources.pacing import LoopWaiter, Schedule, Slice, WallPace


def schedule(*, speed: float = 1.0, longest_gap_s: float = 60.0) -> Schedule:
    made = Schedule(longest_gap_s=longest_gap_s)
    made.anchor(100.0, 0, speed=speed)
    return made


@pytest.mark.parametrize("speed", [0.5, 1.0, 60.0])
def test_a_moment_is_due_its_distance_over_the_speed_later(speed: float) -> None:
    assert schedule(speed=speed).due_s(30 * NS_PER_S) == 100.0 + 30.0 / speed


def test_a_long_silence_passes_in_the_longest_allowed() -> None:
    plan = schedule(longest_gap_s=60.0)
    plan.toward(10 * NS_PER_S, 5410 * NS_PER_S)
    assert plan.due_s(5410 * NS_PER_S) == pytest.approx(100.0 + 10.0 + 60.0)
    assert plan.position_ns(100.0 + 10.0 + 30.0) == pytest.approx(2710 * NS_PER_S)


def test_after_a_silence_time_runs_on_as_before() -> None:
    plan = schedule()
    plan.toward(0, 5400 * NS_PER_S)
    plan.toward(5400 * NS_PER_S, 5401 * NS_PER_S)
    assert plan.due_s(5401 * NS_PER_S) == pytest.approx(100.0 + 61.0)


def test_a_silence_of_just_the_longest_is_played_as_it_was() -> None:
    plan = schedule(longest_gap_s=60.0)
    plan.toward(0, 60 * NS_PER_S)
    assert plan.due_s(60 * NS_PER_S) == 160.0


@given(st.lists(st.integers(1, 400 * NS_PER_S), min_size=1, max_size=50), st.sampled_from([0.3, 1.0, 7.0, 60.0]))
def test_due_times_never_go_back_and_do_not_drift(gaps: list[int], speed: float) -> None:
    plan = schedule(speed=speed)
    line, expected, before = 0, 100.0, 100.0
    for gap in gaps:
        plan.toward(line, line + gap)
        line += gap
        expected += min(gap / NS_PER_S, 60.0) / speed
        assert plan.due_s(line) >= before - 1e-6
        before = plan.due_s(line)
    assert before == pytest.approx(expected, abs=1e-6)


def test_a_slice_is_used_up_after_its_time_and_can_begin_again() -> None:
    waiter = FakeWaiter()
    turn = Slice(waiter.now_s, slice_s=0.005)
    assert not turn.is_used_up()
    waiter.now += 0.006
    assert turn.is_used_up()
    turn.begin()
    assert not turn.is_used_up()


async def test_a_wait_on_the_loop_ends_at_a_wake_up() -> None:
    waiter, wake = LoopWaiter(), asyncio.Event()
    asyncio.get_running_loop().call_soon(wake.set)
    await asyncio.wait_for(waiter.wait_s(None, wake), 5)
    assert not wake.is_set()


async def test_a_wait_on_the_loop_ends_by_itself() -> None:
    begun = monotonic_s()
    await LoopWaiter().wait_s(0.01, asyncio.Event())
    assert monotonic_s() - begun >= 0.009


async def test_a_wake_up_that_came_before_the_wait_is_not_lost() -> None:
    wake = asyncio.Event()
    wake.set()
    await asyncio.wait_for(LoopWaiter().wait_s(None, wake), 5)


async def test_the_wall_pace_moves_the_line_on_while_it_waits() -> None:
    waiter, clock, intake = FakeWaiter(), FakeClock(1000 * NS_PER_S), KeepingIntake()
    pace = WallPace(clock, waiter, step_s=0.2)
    await pace.reach(1001 * NS_PER_S, intake)
    assert len(intake.advances) >= 4
    assert max(intake.advances) < 1001 * NS_PER_S
    assert waiter.elapsed_s == pytest.approx(1.0)


async def test_a_wall_clock_set_back_is_not_followed() -> None:
    waiter, clock = FakeWaiter(), FakeClock(1000 * NS_PER_S)
    pace = WallPace(clock, waiter, step_s=0.2)
    clock.advance(-500)
    assert await pace.reach(1001 * NS_PER_S, KeepingIntake()) == pytest.approx(0, abs=10_000)
    assert waiter.elapsed_s == pytest.approx(1.0)


async def test_a_wall_clock_set_forward_shows_as_lateness_once() -> None:
    waiter, clock, intake = FakeWaiter(), FakeClock(1000 * NS_PER_S), KeepingIntake()
    pace = WallPace(clock, waiter, step_s=0.2)
    clock.advance(3600)
    assert await pace.reach(1001 * NS_PER_S, intake) == pytest.approx(3599 * NS_PER_S, abs=10_000)
    assert pace.seen_ns == 4600 * NS_PER_S
    assert await pace.reach(4601 * NS_PER_S, intake) < NS_PER_S
