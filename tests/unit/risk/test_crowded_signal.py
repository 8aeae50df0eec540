"""Too many on one side at once."""

from __future__ import annotations

from typing import Any

from risk_harness import Watchtower, ns
from tradewind.domain.risk import AlertKind, Severity


def tower(**settings: Any) -> Watchtower:
    fixed = {"cooldown_s": 0.0, "crowded_strategies": 4, "crowded_within_s": 30.0, "crowded_instruments": 3}
    return Watchtower(AlertKind.CROWDED_SIGNAL, **{**fixed, **settings})


def test_four_strategies_on_one_side_within_seconds_are_a_crowd() -> None:
    line = tower()
    for name in "abc":
        assert line.signal(name) == []
    (alert,) = line.signal("d")
    assert alert.severity is Severity.LOW
    assert alert.params == {"actual": 4.0, "limit": 4.0, "side": "buy", "scope": "instrument", "within_s": 30.0}
    assert alert.cause.startswith("signal:d:")


def test_a_growing_crowd_is_more_severe() -> None:
    line = tower()
    for name in "abcdefgh":
        line.signal(name)
    assert [alert.severity for alert in line.alerts] == ["low", "medium", "high", "critical"]


def test_the_same_strategy_often_is_no_crowd() -> None:
    line = tower()
    for second in range(20):
        line.at(second)
        assert line.signal("a") == []


def test_signals_far_apart_are_no_crowd() -> None:
    line = tower()
    for index, name in enumerate("abcdefgh"):
        line.at(index * 16)
        assert line.signal(name) == []


def test_one_voice_on_the_other_side_is_no_crowd() -> None:
    line = tower()
    line.signal("z", side="sell")
    for name in "abcd":
        assert line.signal(name) == []


def test_the_next_crowd_is_a_new_episode() -> None:
    line = tower()
    for begin in (0, 300):
        for index, name in enumerate("abcd"):
            line.at(begin + index)
            line.signal(name)
    assert [alert.ts_event for alert in line.alerts] == [ns(3), ns(303)]


def test_redelivered_signals_change_nothing() -> None:
    line = tower()
    for index, name in enumerate("abcd"):
        line.at(index)
        line.signal(name)
    line.at(100)
    line.signal("e")
    for index, name in enumerate("abcd"):
        assert line.signal(name, ts_event=ns(index)) == []


def test_an_old_signal_delivered_late_does_not_end_a_crowd() -> None:
    line = tower()
    line.signal("z", side="sell")
    line.at(100)
    for name in "abcd":
        line.signal(name)
    line.signal("z", side="sell", ts_event=ns(0))
    line.at(101)
    line.signal("a")
    assert len(line.alerts) == 1


def test_more_instruments_on_one_side_than_allowed_crowd_the_market() -> None:
    line = tower()
    for name in "abc":
        assert line.opportunity(instrument_id=f"{name}.SHFE", opportunity_id=name) == []
    (alert,) = line.opportunity(instrument_id="d.SHFE", opportunity_id="d")
    assert (alert.instrument_id, alert.opportunity_id) == ("d.SHFE", "d")
    assert alert.params == {"actual": 4.0, "limit": 3.0, "side": "buy", "scope": "market"}
    assert line.opportunity(instrument_id="d.SHFE", opportunity_id="d") == []


def test_the_other_side_of_the_market_is_counted_by_itself() -> None:
    line = tower()
    for index, name in enumerate("abcdef"):
        side = "buy" if index % 2 else "sell"
        assert line.opportunity(instrument_id=f"{name}.SHFE", opportunity_id=name, side=side) == []


def test_a_market_that_emptied_to_half_may_crowd_again() -> None:
    line = tower()
    for name in "abcd":
        line.opportunity(instrument_id=f"{name}.SHFE", opportunity_id=name)
    for name in "abc":
        line.close(instrument_id=f"{name}.SHFE", opportunity_id=name)
    for name in "efg":
        line.opportunity(instrument_id=f"{name}.SHFE", opportunity_id=name)
    assert len(line.alerts) == 2


def test_memory_of_strategies_and_instruments_is_bounded() -> None:
    line = tower(max_strategies=2, max_instruments=1)
    for name in "abcdefgh":
        assert line.signal(name) == []
        assert line.signal(name, instrument_id="other.SHFE") == []
