"""The order of the line: keys compare like the calls of one process, and a merge releases in that order only."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.bus.line_order import (
    TIMER,
    KeyMaker,
    LineKey,
    LineMerge,
    due_of,
    rank_of,
    through,
    through_time,
)

TICK: LineKey = (1_000, 0)
NEXT: LineKey = (1_000, 1)


def released(merge: LineMerge) -> list[tuple[str, object]]:
    return [(arrival.topic, arrival.event) for arrival in merge.release()]


def test_what_follows_from_an_event_comes_before_its_next_sibling() -> None:
    features, signal_of_them, second = (*TICK, 1, 0), (*TICK, 1, 0, 2, 0), (*TICK, 1, 1)
    assert TICK < features < signal_of_them < second < NEXT


def test_a_timer_after_a_tick_comes_after_all_the_tick_set_off_and_before_the_next_tick() -> None:
    timer = (*TICK, TIMER, 5, 1, 0)
    assert (*TICK, rank_of("risk"), 99) < timer < NEXT
    assert through(TICK) < timer < through_time(TICK, 5) < (*TICK, TIMER, 6, 0, 0)


def test_only_a_timer_has_a_due_time() -> None:
    assert due_of((*TICK, TIMER, 5, 1, 0)) == 5
    assert due_of((*TICK, 1, 0)) is None
    assert due_of(TICK) is None


def test_an_unknown_room_has_no_rank() -> None:
    with pytest.raises(KeyError):
        rank_of("kitchen")


def test_an_event_waits_until_every_writer_is_past_it() -> None:
    merge = LineMerge("signals", ("market", "features", "strategies"), max_held=10)
    merge.time(TICK, 7)
    merge.offer("features", (*TICK, 1, 0), "snapshot")
    merge.told("market", through(TICK))
    merge.told("features", through(TICK))
    assert released(merge) == []
    merge.offer("signals", (*TICK, 1, 0, 2, 0), "signal")
    merge.told("strategies", through(TICK))
    assert released(merge) == [("", 7), ("signals", "signal"), ("features", "snapshot")]


def test_an_event_offered_twice_is_released_once() -> None:
    merge = LineMerge("strategies", ("market", "features"), max_held=10)
    assert merge.time(TICK, 7)
    assert not merge.time(TICK, 7)
    assert merge.offer("clean_ticks", TICK, "tick")
    assert not merge.offer("clean_ticks", TICK, "tick")
    assert merge.offer("features", (*TICK, 1, 0), "snapshot")
    assert not merge.offer("features", (*TICK, 1, 0), "snapshot")
    for writer in ("market", "features"):
        merge.told(writer, through(TICK))
    assert released(merge) == [("", 7), ("features", "snapshot"), ("clean_ticks", "tick")]


def test_a_mark_never_goes_back() -> None:
    merge = LineMerge("features", ("market",), max_held=10)
    merge.told("market", through(NEXT))
    merge.told("market", through(TICK))
    assert merge.frontier == through(NEXT)


def test_whoever_holds_the_others_up_is_not_ahead() -> None:
    merge = LineMerge("strategies", ("market", "features"), max_held=1)
    merge.time(TICK, 7)
    merge.told("market", through(TICK))
    assert merge.is_full
    assert merge.is_ahead("market")
    assert not merge.is_ahead("features")


def test_keys_of_a_room_only_go_up_even_when_it_speaks_out_of_turn() -> None:
    keys = KeyMaker("strategies")
    keys.at((*NEXT, 2))
    first = keys.next()
    keys.at((*TICK, 2))
    late = keys.next()
    assert first < late < (*NEXT, 3)


def test_two_events_of_one_timer_follow_each_other() -> None:
    keys = KeyMaker("features")
    keys.at_timers_after(TICK, 7)
    first = keys.next()
    keys.at_timers_after(TICK, 7)
    second = keys.next()
    assert first == (*TICK, TIMER, 7, rank_of("features"), 0)
    assert second == (*TICK, TIMER, 7, rank_of("features"), 1)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), unique=True), st.randoms(use_true_random=False))
def test_release_is_in_order_however_it_came(places: list[tuple[int, int]], random: object) -> None:
    merge = LineMerge("risk", ("market", "features"), max_held=1_000)
    keys = sorted((1_000, tick, 1, n) for tick, n in places)
    for key in keys:
        merge.offer("features", key, key)
        if random.random() < 0.5:  # type: ignore[attr-defined]
            merge.told("features", key)
    merge.told("market", through((2_000, 0)))
    merge.told("features", through((2_000, 0)))
    assert [event for _, event in released(merge)] == keys
