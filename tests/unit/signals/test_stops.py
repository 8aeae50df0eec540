"""Prices: stops, the sequence of events, gaps."""

from __future__ import annotations

import pytest

from signals_harness import Line
from tradewind.domain.opportunity import OpportunityState
from tradewind.kernel.clock import NS_PER_S

from builders import MORNING_NS, make_tick

CLOSED = OpportunityState.CLOSED


def test_a_buy_closes_when_the_price_falls_to_its_stop() -> None:
    line = Line(stop_percent=1.0)
    line.signal(last_price=5000.0)
    assert line.price(4950.2) == []
    (closed,) = line.price(4950.0)
    assert (closed.state, closed.last_price) == (CLOSED, 4950.0)
    assert closed.reasons[0] == "closed why=stop price=4950 stop=4950"
    assert closed.cause == f"tick:IF2101.CFFEX:{line._seq}"


def test_a_sell_closes_when_the_price_rises_to_its_stop() -> None:
    line = Line(stop_percent=1.0)
    line.signal(side="sell", last_price=5000.0)
    assert line.price(5049.8) == []
    (closed,) = line.price(5050.0)
    assert closed.state is CLOSED


def test_a_move_in_favour_closes_nothing() -> None:
    line = Line()
    line.signal(last_price=5000.0)
    assert line.price(6000.0) == []


@pytest.mark.parametrize(
    ("atr", "stop"),
    [(None, 4950.0), (2.0, 4980.0), (0.1, 4995.0), (100.0, 4950.0)],
    ids=["unknown: percent", "nearer than percent", "never below the minimum", "farther than percent"],
)
def test_the_stop_is_the_nearer_of_percent_and_atr(atr: float | None, stop: float) -> None:
    line = Line(stop_percent=1.0, stop_atr=10.0, stop_min_percent=0.1)
    line.price(5000.0, atr=atr)
    line.signal(last_price=5000.0)
    assert line.price(stop + 0.2) == []
    assert [each.state for each in line.price(stop)] == [CLOSED]


def test_after_a_stop_the_price_is_free_again() -> None:
    line = Line(stop_percent=1.0)
    line.signal(last_price=5000.0)
    line.price(4900.0)
    assert line.price(4800.0) == []


def test_both_sides_have_their_own_stop() -> None:
    line = Line(stop_percent=1.0)
    line.signal("a", last_price=5000.0)
    line.signal("b", side="sell", last_price=5000.0)
    assert [each.side for each in line.price(5051.0) if each.state is CLOSED] == ["sell"]
    assert [each.side for each in line.price(4949.0) if each.state is CLOSED] == ["buy"]


def test_an_opportunity_without_a_known_price_has_no_stop() -> None:
    line = Line()
    line.signal(last_price=0.0)
    line.price(1.0)
    assert CLOSED not in line.states


def test_a_signal_without_price_takes_the_last_one_seen() -> None:
    line = Line()
    line.price(5100.0)
    (first,) = line.signal(last_price=0.0)
    assert first.entry_price == 5100.0


def test_a_redelivered_price_changes_nothing() -> None:
    line = Line(stop_percent=1.0)
    line.price(4000.0, seq=7)
    line.price(5000.0, seq=8)
    line.signal(last_price=5000.0)
    assert line.price(4000.0, seq=7) == []
    assert line.gaps == 0


def test_a_hole_in_the_sequence_is_a_gap_and_the_price_counts() -> None:
    line = Line(stop_percent=1.0)
    line.price(5000.0, seq=1)
    line.signal(last_price=5000.0)
    assert len(line.price(4000.0, seq=5)) == 1
    assert line.gaps == 1


def test_a_writer_that_numbers_from_one_again_is_followed() -> None:
    line = Line(stop_percent=1.0)
    line.price(5000.0, seq=900)
    line.signal(last_price=5000.0)
    assert len(line.price(4000.0, seq=1, ts_event=MORNING_NS + NS_PER_S)) == 1
    assert line.gaps == 0


def test_beyond_the_limit_of_instruments_stops_are_not_watched_and_that_is_counted() -> None:
    line = Line(max_instruments=1)
    line.price(5000.0)
    line.signal(instrument_id="cu2103.SHFE", last_price=5000.0)
    assert line.price(1.0, instrument_id="cu2103.SHFE") == []
    assert line.aggregator.prices.unfollowed > 0


def test_ticks_can_stand_in_for_features() -> None:
    line = Line(stop_percent=1.0)
    line.aggregator.on_price(make_tick(seq=1))
    line.signal(last_price=5230.0)
    line.aggregator.on_price(make_tick(seq=2, last_price=5100.0))
    assert line.last.state is CLOSED
