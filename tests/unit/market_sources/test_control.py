"""The replay's remote control."""

from __future__ import annotations

import math

import pytest

from tradewind.errors import MalformedCommandError
from tradewind.market.control import MAX_STEPS, ReplayControl


def test_a_step_pauses_a_running_replay() -> None:
    control = ReplayControl()
    control.step(3)
    assert control.is_paused
    assert control.take_steps(64) == 3
    assert control.take_steps(64) == 0


def test_steps_are_handed_out_in_parts_and_none_is_lost() -> None:
    control = ReplayControl()
    control.step(100)
    assert [control.take_steps(64), control.take_steps(64)] == [64, 36]


def test_steps_asked_for_again_add_up_to_a_bound() -> None:
    control = ReplayControl()
    control.step(MAX_STEPS)
    control.step(1)
    assert control.steps == MAX_STEPS


def test_resume_forgets_the_steps_not_taken() -> None:
    control = ReplayControl()
    control.step(5)
    control.resume()
    assert not control.is_paused
    assert control.steps == 0


@pytest.mark.parametrize("n", [0, -1, MAX_STEPS + 1])
def test_a_number_of_steps_out_of_range_is_refused_with_what_is_allowed(n: int) -> None:
    with pytest.raises(MalformedCommandError, match=rf"from 1 to {MAX_STEPS}, was {n}"):
        ReplayControl().step(n)


@pytest.mark.parametrize("speed", [0.0, -1.0, math.nan, math.inf, 1e7])
def test_an_impossible_speed_is_refused_and_the_old_one_stays(speed: float) -> None:
    control = ReplayControl(speed=60.0)
    with pytest.raises(MalformedCommandError, match="speed must be `max` or a number above 0"):
        control.set_speed(speed)
    assert control.speed == 60.0


def test_every_turn_of_a_knob_wakes_the_source() -> None:
    control = ReplayControl()
    for turn in (control.pause, control.resume, control.step, lambda: control.set_speed("max")):
        control.wake.clear()
        before = control.revision
        turn()
        assert control.wake.is_set()
        assert control.revision == before + 1


def test_status_says_how_far_the_lap_is() -> None:
    control = ReplayControl(speed=60.0)
    assert control.status().percent == 0.0
    control.opened("a.parquet", layout="wt_ticks", total=200, lap=2)
    control.played(1234, ticks=50, malformed=1)
    status = control.status()
    assert (status.percent, status.ts, status.ticks_played, status.malformed_rows, status.lap) == (25.0, 1234, 50, 1, 2)
    assert not status.is_done
    control.finished()
    assert control.status().is_done
    assert control.status().percent == 100.0
