"""Prices near the day's limits (up 5737.8, down 4694.6; half a percent of them is 28.689 and 23.473)."""

from __future__ import annotations

from typing import Any

from risk_harness import Watchtower
from tradewind.domain.risk import AlertKind, Severity

UP = 5737.8
DOWN = 4694.6


def tower(**settings: Any) -> Watchtower:
    return Watchtower(AlertKind.NEAR_LIMIT, **{"cooldown_s": 0.0, **settings})


def test_a_price_within_the_distance_is_told_once() -> None:
    line = tower()
    assert line.tick(5709.0) == []
    (alert,) = line.tick(5709.2)
    assert line.tick(5709.4) == []
    assert (alert.kind, alert.severity) == (AlertKind.NEAR_LIMIT, Severity.LOW)
    assert alert.params == {"actual": 5709.2, "limit": UP, "distance": 28.6, "allowed": 28.689, "which": "up"}
    assert alert.cause == "tick:IF2101.CFFEX:2"


def test_it_is_told_again_as_it_comes_closer_and_is_critical_at_the_limit() -> None:
    line = tower()
    for price in (5700.0, 5710.0, 5715.0, 5725.0, 5730.0, 5732.8, 5737.6, UP, UP):
        line.tick(price)
    assert [alert.severity for alert in line.alerts] == ["low", "medium", "high", "critical"]
    assert [alert.params["actual"] for alert in line.alerts] == [5710.0, 5725.0, 5732.8, UP]


def test_a_jump_to_the_limit_is_critical_at_once() -> None:
    line = tower()
    line.tick(5230.0)
    (alert,) = line.tick(DOWN)
    assert (alert.severity, alert.params["which"]) == (Severity.CRITICAL, "down")


def test_it_must_go_twice_as_far_before_it_is_a_new_episode() -> None:
    line = tower()
    line.tick(5710.0)
    line.tick(5690.0)
    assert line.tick(5710.0) == []
    line.tick(5680.0)
    assert len(line.tick(5710.0)) == 1


def test_the_lower_limit_is_watched_the_same_way() -> None:
    line = tower()
    line.tick(4719.0)
    assert [alert.params["which"] for alert in line.tick(4718.0)] == ["down"]
    line.tick(4730.0)
    assert line.tick(4718.0) == []
    line.tick(4742.0)
    assert len(line.tick(4718.0)) == 1


def test_ticks_count_where_they_are_wider_than_the_percentage() -> None:
    line = tower(near_limit_percent=0.0, near_limit_ticks=5.0)
    assert line.tick(5736.6) == []
    assert len(line.tick(5736.8)) == 1


def test_without_limits_nothing_is_near() -> None:
    line = tower()
    assert line.tick(UP, limit_up=None, limit_down=None) == []


def test_new_limits_of_the_day_count_from_their_first_tick() -> None:
    line = tower()
    line.tick(5230.0)
    assert len(line.tick(5230.0, limit_up=5240.0, trading_day=20210105)) == 1


def test_an_episode_held_back_by_the_cooldown_is_told_when_it_is_over() -> None:
    line = tower(cooldown_s=60.0)
    line.tick(5710.0)
    line.at(10)
    line.tick(5600.0)
    assert line.tick(5710.0) == []
    line.at(60)
    assert len(line.tick(5710.0)) == 1
