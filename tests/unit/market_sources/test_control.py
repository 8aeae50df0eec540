"""The replay's remote control."""

from __future__ import annotations

import math

import pytest

from tradewind.errors import ConfigError, MalformedCommandError, StateConflictError
from tradewind.market.control import MAX_STEPS, ReplayControl
from tradewind.market.sources.seeking import Place, place_of


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


def opened(*, played: int = 50, ts: int = 5_000, can_go_back: bool = False) -> ReplayControl:
    control = ReplayControl()
    control.can_go_back = can_go_back
    control.opened("x.twr", layout="twr", total=100, lap=1)
    control.played(ts, ticks=played, malformed=0)
    return control


def test_a_place_ahead_is_hurried_to_tick_by_tick_and_no_further() -> None:
    control = opened()
    control.seek(percent=60)
    assert control.status().is_seeking
    assert control.hurry(5_001, at_most=64) == ((1 << 63) - 1, 10)
    control.played(5_001, ticks=60, malformed=0)
    assert control.hurry(6_000, at_most=64) is None
    assert not control.status().is_seeking


def test_a_time_ahead_is_hurried_to_and_the_tick_of_that_time_is_left_to_the_pace() -> None:
    control = opened()
    control.seek(ts=8_000)
    assert control.hurry(7_999, at_most=64) == (7_999, 64)
    assert control.hurry(8_000, at_most=64) is None


def test_a_place_behind_is_left_to_whoever_begins_anew() -> None:
    control = opened(can_go_back=True)
    control.seek(percent=10)
    assert control.begin_anew.is_set()
    assert str(control.place_behind) == "10%"


def test_a_place_behind_is_refused_where_nobody_begins_anew() -> None:
    control = opened()
    for place in ({"percent": 10.0}, {"ts": 4_000}):
        with pytest.raises(StateConflictError, match="only goes forward"):
            control.seek(**place)


def test_after_the_end_every_place_is_behind() -> None:
    control = opened(can_go_back=True)
    control.finished()
    control.seek(percent=99)
    assert control.begin_anew.is_set()


def test_a_share_of_a_recording_of_unknown_length_is_refused_with_what_to_do() -> None:
    control = ReplayControl()
    control.opened("x.csv", layout="ctp_csv", total=None, lap=1)
    with pytest.raises(StateConflictError, match="name a time"):
        control.seek(percent=50)


def test_one_place_is_asked_for_at_a_time() -> None:
    with pytest.raises(MalformedCommandError, match="one of the two"):
        opened().seek(percent=1, ts=1)


def test_a_pause_ends_the_hurry() -> None:
    control = opened()
    control.seek(percent=90)
    control.pause()
    assert control.hurry(6_000, at_most=64) is None


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", Place()),
        ("37.5%", Place(percent=37.5)),
        ("1609725030900000000ns", Place(ts=1609725030900000000)),
        ("2021-01-04T09:50:30+08:00", Place(ts=1609725030 * 10**9)),
    ],
)
def test_a_place_is_a_share_or_a_moment(text: str, place: Place) -> None:
    assert place_of(text) == place
    assert place_of(str(place)) == place


@pytest.mark.parametrize("text", ["101%", "-1%", "noon", "2021-01-04T09:50:30", "x%", "1.5ns"])
def test_what_is_no_place_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(ConfigError, match=r"37\.5%"):
        place_of(text)
