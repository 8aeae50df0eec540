"""Doubts: what it takes to believe a surprise."""

from __future__ import annotations

from tradewind.market.doubt import Doubt


def test_ticks_in_a_row_that_agree_are_believed() -> None:
    doubt = Doubt(3)
    assert [doubt.is_confirmed(ts, 5.0, agrees=True) for ts in (1, 2, 3)] == [False, False, True]


def test_the_same_instant_again_confirms_nothing() -> None:
    doubt = Doubt(2)
    assert [doubt.is_confirmed(1, 5.0, agrees=True) for _ in range(5)] == [False] * 5


def test_a_disagreement_begins_the_count_again() -> None:
    doubt = Doubt(2)
    answers = [doubt.is_confirmed(ts, float(ts), agrees=agrees) for ts, agrees in ((1, True), (2, False), (3, True))]
    assert answers == [False, False, True]
    assert doubt.value == 3.0


def test_an_accepted_tick_in_between_settles_it() -> None:
    doubt = Doubt(2)
    doubt.is_confirmed(1, 5.0, agrees=True)
    doubt.settle()
    assert not doubt.is_confirmed(2, 5.0, agrees=True)


def test_a_need_of_one_believes_at_once() -> None:
    assert Doubt(1).is_confirmed(1, 5.0, agrees=False)
