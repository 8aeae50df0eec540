"""Open opportunities whose price has turned; entry 5000, 7.5 may be given back at first."""

from __future__ import annotations

from typing import Any

from risk_harness import Watchtower
from tradewind.domain.risk import AlertKind, Severity


def tower(**settings: Any) -> Watchtower:
    fixed = {"cooldown_s": 0.0, "reversal_min_percent": 0.15, "reversal_fraction": 0.5}
    return Watchtower(AlertKind.NEGATIVE_REVERSAL, **{**fixed, **settings})


def following(side: str = "buy", **settings: Any) -> Watchtower:
    line = tower(**settings)
    line.tick(5000.0)
    line.opportunity(side=side, entry_price=5000.0, last_price=5000.0)
    return line


def test_a_fall_below_the_entry_beyond_the_minimum_is_told_once() -> None:
    line = following()
    assert line.tick(4992.6) == []
    (alert,) = line.tick(4992.4)
    assert line.tick(4992.0) == []
    assert alert.severity is Severity.LOW
    assert alert.opportunity_id == line.version().opportunity_id
    assert alert.params == {
        "actual": 7.6,
        "limit": 7.5,
        "best_price": 5000.0,
        "entry_price": 5000.0,
        "last_price": 4992.4,
        "side": "buy",
    }


def test_half_of_a_large_gain_may_be_given_back() -> None:
    line = following()
    for price in (5010.0, 5040.0, 5100.0, 5060.0, 5050.2):
        assert line.tick(price) == []
    (alert,) = line.tick(5050.0)
    assert (alert.params["best_price"], alert.params["limit"]) == (5100.0, 50.0)


def test_a_sell_is_watched_the_other_way_round() -> None:
    line = following("sell")
    for price in (4960.0, 4900.0, 4949.8):
        assert line.tick(price) == []
    assert len(line.tick(4950.0)) == 1


def test_the_further_it_falls_the_more_severe() -> None:
    line = following()
    for price in (4992.0, 4988.0, 4984.0, 4977.0, 4900.0):
        line.tick(price)
    assert [alert.severity for alert in line.alerts] == ["low", "medium", "high", "critical"]


def test_it_must_recover_half_before_it_is_told_again() -> None:
    line = following()
    line.tick(4992.0)
    line.tick(4996.0)
    assert line.tick(4992.0) == []
    line.tick(4996.4)
    assert len(line.tick(4992.0)) == 1


def test_once_closed_it_is_no_longer_followed() -> None:
    line = following()
    line.close()
    assert line.tick(4000.0) == []


def test_a_new_version_does_not_forget_the_best_price() -> None:
    line = following()
    line.tick(5100.0)
    line.opportunity(entry_price=5000.0, last_price=5090.0)
    assert line.tick(5060.0) == []
    assert len(line.tick(5049.0)) == 1


def test_an_opportunity_first_heard_of_in_profit_starts_from_that_profit() -> None:
    line = tower()
    line.tick(5100.0)
    line.opportunity(entry_price=5000.0, last_price=5100.0)
    assert len(line.tick(5050.0)) == 1


def test_an_opportunity_without_an_entry_price_is_not_followed() -> None:
    line = tower()
    line.tick(5000.0)
    line.opportunity(entry_price=0.0)
    assert line.tick(10.0) == []
