"""NEW, ACTIVE, TRACKING, CLOSED: every move of an opportunity and what causes it."""

from __future__ import annotations

import pytest

from signals_harness import Line
from tradewind.domain.opportunity import TRANSITIONS, OpportunityState, advance
from tradewind.domain.signal import SignalTimes
from tradewind.errors import StateConflictError
from tradewind.kernel.clock import NS_PER_S

from builders import MORNING_NS

NEW, ACTIVE, TRACKING, CLOSED = OpportunityState


@pytest.mark.parametrize("state", list(OpportunityState))
@pytest.mark.parametrize("to", list(OpportunityState))
def test_the_table_alone_decides_which_move_is_legal(state: OpportunityState, to: OpportunityState) -> None:
    if to in TRANSITIONS[state]:
        assert advance(state, to) is to
    else:
        with pytest.raises(StateConflictError, match=f"cannot go from {state} to {to}"):
            advance(state, to)


def test_the_first_signal_opens_a_new_opportunity() -> None:
    line = Line()
    (first,) = line.signal()
    assert (first.state, first.version, first.side) == (NEW, 1, "buy")
    assert first.entry_price == first.last_price == 5230.0
    assert first.cause == "signal:rapid_rise:IF2101.CFFEX:buy:1"
    assert first.created_at == first.updated_at == MORNING_NS
    assert first.expires_at == MORNING_NS + 900 * NS_PER_S


def test_a_second_strategy_makes_it_active() -> None:
    line = Line()
    line.signal("rapid_rise")
    (second,) = line.signal("momentum")
    assert (second.state, second.version) == (ACTIVE, 2)
    assert [each.strategy for each in second.contributions] == ["rapid_rise", "momentum"]


def test_the_same_strategy_twice_does_not_confirm_itself() -> None:
    line = Line()
    line.signal("rapid_rise")
    line.at(31)
    (second,) = line.signal("rapid_rise")
    assert second.state is NEW


def test_one_very_sure_signal_is_new_first_and_active_at_once() -> None:
    line = Line()
    emitted = line.signal(confidence=0.95)
    assert [(each.state, each.version) for each in emitted] == [(NEW, 1), (ACTIVE, 2)]


def test_silence_turns_new_into_tracking_at_its_due_time() -> None:
    line = Line()
    line.signal()
    line.at(119.9)
    assert line.states == [NEW]
    line.at(500)
    assert line.states == [NEW, TRACKING]
    assert line.last.updated_at == MORNING_NS + 120 * NS_PER_S
    assert line.last.cause == f"timer:{line.last.updated_at}"
    assert line.last.reasons[0] == "tracking silent_s=120"


def test_silence_turns_active_into_tracking_with_less_confidence() -> None:
    line = Line()
    line.signal("rapid_rise")
    (active,) = line.signal("momentum")
    line.at(121)
    assert line.last.state is TRACKING
    assert line.last.confidence < active.confidence


def test_a_later_signal_moves_the_deadline() -> None:
    line = Line()
    line.signal()
    line.at(100)
    line.signal()
    line.at(219)
    assert TRACKING not in line.states
    line.at(220)
    assert line.last.state is TRACKING


def test_a_signal_makes_a_once_confirmed_one_active_again() -> None:
    line = Line(contribution_ttl_s=60.0)
    line.signal("rapid_rise")
    line.signal("momentum")
    line.at(300)
    (again,) = line.signal("rapid_rise")
    assert again.state is ACTIVE
    assert [each.strategy for each in again.contributions] == ["rapid_rise"]


def test_a_never_confirmed_one_stays_tracking_until_it_is_confirmed() -> None:
    line = Line()
    line.signal("rapid_rise")
    line.at(300)
    (repeated,) = line.signal("rapid_rise")
    assert repeated.state is TRACKING
    (confirmed,) = line.signal("momentum")
    assert confirmed.state is ACTIVE


def test_it_closes_when_it_expires() -> None:
    line = Line()
    line.signal()
    line.at(5000)
    assert line.states == [NEW, TRACKING, CLOSED]
    assert line.last.updated_at == MORNING_NS + 900 * NS_PER_S
    assert line.last.reasons[0] == "closed why=expired silent_s=900"
    assert not line.aggregator.open_opportunities()


def test_expiry_counts_from_the_last_signal_even_in_tracking() -> None:
    line = Line()
    line.signal()
    line.at(800)
    line.signal()
    line.at(1699)
    assert CLOSED not in line.states
    line.at(1700)
    assert line.last.state is CLOSED


def test_confirming_one_side_closes_the_other() -> None:
    line = Line()
    line.signal("rapid_rise")
    line.signal("momentum")
    line.signal("rsi", side="sell")
    confirmed, closed = line.signal("macd", side="sell")
    assert (confirmed.side, confirmed.state) == ("sell", ACTIVE)
    assert (closed.side, closed.state) == ("buy", CLOSED)
    assert closed.reasons[0] == f"closed why=opposite_confirmed by={confirmed.opportunity_id}"
    assert closed.cause == confirmed.cause


def test_repeating_a_confirmed_signal_does_not_close_a_new_opposite() -> None:
    line = Line()
    line.signal("rapid_rise")
    line.signal("momentum")
    line.signal("rsi", side="sell")
    line.at(31)
    line.signal("rapid_rise")
    assert [each.side for each in line.aggregator.open_opportunities()] == ["buy", "sell"]


def test_after_closing_the_next_signal_opens_another() -> None:
    line = Line()
    line.signal()
    line.at(2000)
    (again,) = line.signal()
    assert (again.state, again.version) == (NEW, 1)
    assert again.opportunity_id == f"IF2101.CFFEX-{MORNING_NS // NS_PER_S + 2000}-buy"


def test_two_openings_in_one_second_have_two_ids() -> None:
    line = Line()
    line.price(5230.0)
    first = line.signal()[0]
    line.price(5000.0)
    second = line.signal()[0]
    assert line.states == [NEW, CLOSED, NEW]
    assert second.opportunity_id == f"{first.opportunity_id}-2"


def test_instruments_do_not_share_an_opportunity() -> None:
    line = Line()
    line.signal("rapid_rise")
    (other,) = line.signal("momentum", instrument_id="cu2103.SHFE")
    assert (other.state, other.instrument_id) == (NEW, "cu2103.SHFE")


def test_when_full_the_weakest_and_then_oldest_makes_room() -> None:
    line = Line(max_open=2)
    line.signal(instrument_id="a.SHFE", confidence=0.5)
    line.at(1)
    line.signal(instrument_id="b.SHFE", confidence=0.5)
    closed, opened = line.signal(instrument_id="c.SHFE", confidence=0.4)
    assert (closed.instrument_id, closed.state, closed.reasons[0]) == ("a.SHFE", CLOSED, "closed why=evicted")
    assert opened.instrument_id == "c.SHFE"
    line.signal(instrument_id="d.SHFE")
    assert [each.instrument_id for each in line.aggregator.open_opportunities()] == ["b.SHFE", "d.SHFE"]


def test_nothing_expires_between_disarm_and_arm() -> None:
    line = Line()
    line.signal()
    line.aggregator.disarm()
    line.at(5000)
    assert line.states == [NEW]
    line.aggregator.arm()
    line.at(5001)
    line.at(5002)
    assert line.states == [NEW, TRACKING, CLOSED]


def test_before_line_time_begins_the_signal_s_own_time_counts() -> None:
    line = Line()
    line.clock.__init__()  # type: ignore[misc]
    (first,) = line.signal(ts_event=MORNING_NS)
    assert first.created_at == MORNING_NS


def test_each_contribution_says_when_it_was_merged_if_it_says_when_it_was_made() -> None:
    moments = iter((100, 200))
    line = Line(wall_ns=lambda: next(moments))
    line.signal("rapid_rise", times=SignalTimes(ts_recv=1, ts_made=2, own_ns=3))
    line.signal("macd")
    line.signal("momentum", times=SignalTimes(ts_made=150))
    times = {each.strategy: each.times for each in line.last.contributions}
    assert times == {
        "rapid_rise": SignalTimes(ts_recv=1, ts_made=2, ts_merged=100, own_ns=3),
        "macd": None,
        "momentum": SignalTimes(ts_made=150, ts_merged=200),
    }
