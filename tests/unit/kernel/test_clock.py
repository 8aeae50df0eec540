"""The line's clock moves only when told and fires timers in the order of their time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tradewind.kernel.clock import FakeClock, LineClock

DAY = 1_609_723_800_000_000_000


def test_time_never_goes_back() -> None:
    clock = LineClock()
    clock.advance_to(DAY)
    clock.advance_to(DAY - 1)
    assert clock.now_ns() == DAY


def test_a_timer_fires_once_and_is_told_its_due_time() -> None:
    clock = LineClock(DAY)
    fired: list[int] = []
    clock.call_at(DAY + 10, fired.append)
    clock.advance_to(DAY + 9)
    assert fired == []
    clock.advance_to(DAY + 100)
    clock.advance_to(DAY + 200)
    assert fired == [DAY + 10]


def test_a_timer_in_the_past_fires_at_the_next_move() -> None:
    clock = LineClock(DAY)
    fired: list[int] = []
    clock.call_at(DAY - 5, fired.append)
    clock.advance_to(DAY + 1)
    assert fired == [DAY - 5]


def test_a_cancelled_timer_never_fires() -> None:
    clock = LineClock(DAY)
    fired: list[int] = []
    timer = clock.call_at(DAY + 1, fired.append)
    timer.cancel()
    timer.cancel()
    clock.advance_to(DAY + 2)
    assert fired == []


def test_a_periodic_timer_fires_at_each_multiple_even_when_time_jumps() -> None:
    clock = LineClock(DAY)
    fired: list[int] = []
    clock.call_every(1_000_000_000, fired.append)
    clock.advance_to(DAY + 3_500_000_000)
    assert fired == [DAY + 1_000_000_000, DAY + 2_000_000_000, DAY + 3_000_000_000]


def test_a_periodic_timer_set_before_time_began_starts_with_the_first_move() -> None:
    clock = LineClock()
    fired: list[int] = []
    clock.call_every(60_000_000_000, fired.append)
    clock.advance_to(DAY + 1)
    assert fired == []
    clock.advance_to(DAY + 60_000_000_000)
    assert fired == [DAY + 60_000_000_000]


def test_a_deadline_set_before_time_began_falls_due_when_it_does_and_is_counted_from_there() -> None:
    clock = LineClock()
    fired: list[int] = []

    def again(due: int) -> None:
        fired.append(due)
        clock.call_at(clock.now_ns() + 30, again)

    clock.call_at(clock.now_ns() + 30, again)
    clock.advance_to(DAY)
    clock.advance_to(DAY + 30)
    assert fired == [DAY, DAY + 30]


def test_a_callback_may_set_another_timer_that_is_due_at_once() -> None:
    clock = LineClock(DAY)
    fired: list[str] = []

    def first(due: int) -> None:
        fired.append("first")
        clock.call_at(due + 1, lambda _: fired.append("second"))

    clock.call_at(DAY + 1, first)
    clock.advance_to(DAY + 10)
    assert fired == ["first", "second"]


@given(
    dues=st.lists(st.integers(1, 1_000), max_size=20),
    steps=st.lists(st.integers(1, 1_000), min_size=1, max_size=20),
)
def test_the_firing_does_not_depend_on_how_time_is_cut_into_steps(dues: list[int], steps: list[int]) -> None:
    def fire(moves: list[int]) -> list[int]:
        clock = LineClock(DAY)
        fired: list[int] = []
        for due in dues:
            clock.call_at(DAY + due, fired.append)
        clock.call_every(70, fired.append)
        for move in moves:
            clock.advance_to(DAY + move)
        return fired

    moves = [sum(steps[: index + 1]) for index in range(len(steps))]
    assert fire(moves) == fire(moves[-1:])


def test_a_fake_wall_clock_stands_still_until_advanced() -> None:
    clock = FakeClock(DAY)
    clock.advance(1.5)
    assert clock.now_ns() == DAY + 1_500_000_000


def test_a_timer_that_raises_is_reported_and_the_others_fire() -> None:
    errors: list[Exception] = []
    fired: list[int] = []
    clock = LineClock(DAY, on_failure=errors.append)

    def fail(_due: int) -> None:
        message = "no"
        raise ValueError(message)

    clock.call_at(DAY + 1, fail)
    clock.call_at(DAY + 2, fired.append)
    clock.advance_to(DAY + 3)
    assert [str(error) for error in errors] == ["no"]
    assert fired == [DAY + 2]


def test_standing_at_a_moment_fires_what_is_due_before_it_and_not_what_is_due_at_it() -> None:
    clock = LineClock(100)
    fired: list[int] = []
    for due_ns in (110, 120):
        clock.call_at(due_ns, fired.append)
    clock.stand_at(120)
    assert (clock.now_ns(), fired) == (120, [110])
    clock.advance_to(121)
    assert fired == [110, 120]
