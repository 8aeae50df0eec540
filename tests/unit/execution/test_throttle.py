"""How fast an account may speak, and what waits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tradewind.execution.deadlines import Deadlines
from tradewind.execution.throttle import Throttle
from tradewind.kernel.clock import NS_PER_S, LineClock

MS = NS_PER_S // 1000


def make_throttle(per_s: float = 10.0, burst: int = 3, max_queue: int = 5) -> Throttle:
    return Throttle(per_s=per_s, burst=burst, max_queue=max_queue)


def test_a_burst_goes_at_once_and_then_one_message_a_period() -> None:
    throttle, went = make_throttle(), []
    now = 1_000 * MS
    for _ in range(6):
        now = max(now, throttle.may_go_at())
        throttle.spend(now)
        went.append(now // MS - 1_000)
    assert went == [0, 0, 0, 100, 200, 300]


@given(st.lists(st.integers(0, 500), min_size=1, max_size=40), st.integers(1, 5))
def test_no_window_ever_holds_more_than_the_burst_and_the_rate_allow(gaps: list[int], burst: int) -> None:
    throttle, now = make_throttle(per_s=10.0, burst=burst), 0
    went = []
    for gap in gaps:
        now = max(now + gap * MS, throttle.may_go_at())
        throttle.spend(now)
        went.append(now)
    for index, begin in enumerate(went):
        within = [at for at in went[index:] if at < begin + NS_PER_S]
        assert len(within) <= burst + 10


def test_an_order_goes_only_when_ready_and_none_overtakes_it() -> None:
    throttle = make_throttle()
    throttle.add_order("a", 1)
    throttle.add_order("b", 2)
    throttle.make_ready("b")
    assert throttle.next_order() is None
    throttle.make_ready("a")
    assert throttle.next_order() == "a"
    throttle.remove("a")
    assert throttle.next_order() == "b"


def test_what_is_not_waiting_cannot_become_ready() -> None:
    throttle = make_throttle()
    throttle.make_ready("gone")
    throttle.add_order("gone", 1)
    assert throttle.next_order() is None


def test_the_queue_tells_its_depth_and_age_and_when_it_is_full() -> None:
    throttle = make_throttle(max_queue=2)
    assert throttle.state("a1").oldest_ts is None
    throttle.add_order("a", 7)
    throttle.add_order("b", 9)
    throttle.add_cancel("c", 5)
    throttle.add_cancel("c", 11)
    state = throttle.state("a1")
    assert (state.orders, state.cancels, state.oldest_ts) == (2, 1, 5)
    assert throttle.is_full


def test_a_busy_broker_is_left_alone_for_a_while() -> None:
    throttle = make_throttle()
    throttle.hold(500 * MS)
    assert throttle.may_go_at() == 500 * MS


def test_a_deadline_falls_due_in_the_order_of_starting_and_one_that_was_stopped_never() -> None:
    clock = LineClock(NS_PER_S)
    due: list[tuple[str, int]] = []
    deadlines = Deadlines(clock, 2 * NS_PER_S, lambda key, ts: due.append((key, ts // NS_PER_S)))
    deadlines.start("a")
    clock.advance_to(2 * NS_PER_S)
    deadlines.start("b")
    deadlines.start("c")
    deadlines.stop("b")
    clock.advance_to(10 * NS_PER_S)
    assert due == [("a", 3), ("c", 4)]
    assert len(deadlines) == 0


def test_a_deadline_started_again_waits_its_whole_time_anew() -> None:
    clock = LineClock(NS_PER_S)
    due: list[int] = []
    deadlines = Deadlines(clock, 2 * NS_PER_S, lambda _key, ts: due.append(ts // NS_PER_S))
    deadlines.start("a")
    clock.advance_to(2 * NS_PER_S)
    deadlines.start("a")
    assert list(deadlines) == ["a"]
    clock.advance_to(10 * NS_PER_S)
    assert due == [4]


def test_cleared_deadlines_leave_no_timer() -> None:
    clock = LineClock(NS_PER_S)
    due: list[str] = []
    deadlines = Deadlines(clock, NS_PER_S, lambda key, _ts: due.append(key))
    deadlines.start("a")
    deadlines.clear()
    clock.advance_to(10 * NS_PER_S)
    assert due == []
    assert "a" not in deadlines


def test_a_deadline_started_before_time_began_falls_due_once_within_its_patience_of_the_first_moment() -> None:
    clock = LineClock()
    due: list[int] = []
    deadlines = Deadlines(clock, 2 * NS_PER_S, lambda _key, ts: due.append(ts))
    deadlines.start("a")
    first = 1_000_000 * NS_PER_S + 1
    clock.advance_to(first)
    clock.advance_to(first + 10 * NS_PER_S)
    assert len(due) == 1
    assert first <= due[0] <= first + 2 * NS_PER_S
