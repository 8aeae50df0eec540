"""Volatility against the instrument's own usual one."""

from __future__ import annotations

from typing import Any

from risk_harness import Watchtower
from signals_builders import make_window
from tradewind.domain.risk import AlertKind, Severity

QUIET = 0.001


def warm(**settings: Any) -> Watchtower:
    fixed = {
        "cooldown_s": 0.0,
        "volatility_factor": 3.0,
        "volatility_warmup_ticks": 20,
        "volatility_slow_ticks": 100_000,
    }
    line = Watchtower(AlertKind.VOLATILITY_BURST, **{**fixed, **settings})
    for _ in range(21):
        line.volatility(QUIET)
    return line


def test_three_times_the_usual_is_a_burst_told_once() -> None:
    line = warm()
    assert line.volatility(0.0029) == []
    (alert,) = line.volatility(0.0031)
    assert line.volatility(0.0032) == []
    assert alert.severity is Severity.LOW
    assert alert.params["window"] == "60s"
    assert alert.params["actual"] == 0.0031
    assert alert.cause == "tick:IF2101.CFFEX:23"


def test_a_larger_burst_is_more_severe() -> None:
    line = warm()
    for value in (0.0031, 0.0046, 0.0061, 0.0092):
        line.volatility(value)
    assert [alert.severity for alert in line.alerts] == ["low", "medium", "high", "critical"]


def test_it_must_calm_down_before_it_is_told_again() -> None:
    line = warm()
    line.volatility(0.0031)
    line.volatility(0.0022)
    assert line.volatility(0.0031) == []
    line.volatility(0.0020)
    assert len(line.volatility(0.0031)) == 1


def test_the_first_ticks_are_never_a_burst() -> None:
    line = Watchtower(AlertKind.VOLATILITY_BURST, volatility_warmup_ticks=20)
    for index in range(20):
        assert line.volatility(QUIET if index < 10 else 1.0) == []


def test_below_the_floor_nothing_is_a_burst() -> None:
    line = warm(volatility_floor=0.1)
    assert line.volatility(0.09) == []
    assert len(line.volatility(0.11)) == 1


def test_an_instrument_that_never_moved_has_no_burst_of_zero() -> None:
    line = Watchtower(AlertKind.VOLATILITY_BURST, volatility_warmup_ticks=1, volatility_floor=0.0)
    for _ in range(10):
        assert line.volatility(0.0) == []


def test_what_lasts_becomes_usual() -> None:
    line = warm(volatility_slow_ticks=50)
    for _ in range(500):
        line.volatility(0.0031)
    assert len(line.alerts) == 1
    assert line.volatility(0.005) == []


def test_a_run_without_that_window_is_left_alone() -> None:
    line = Watchtower(AlertKind.VOLATILITY_BURST, volatility_warmup_ticks=1)
    for value in (0.001, 0.001, 0.001, 1.0):
        assert line.volatility(value, windows=(make_window(window="5s", realized_volatility=value),)) == []


def test_a_redelivered_snapshot_changes_nothing_and_a_hole_is_a_gap() -> None:
    line = warm()
    assert line.volatility(1.0, seq=3) == []
    assert line.gaps == 0
    line.volatility(QUIET, seq=40)
    assert line.gaps == 1


def test_a_writer_that_numbers_from_one_again_is_followed() -> None:
    line = warm()
    line.at(1)
    assert len(line.volatility(0.0031, seq=1)) == 1
    assert line.gaps == 0
