"""Turnover: plain differences, estimates where the exchange is silent, CZCE's missing multiplier."""

from __future__ import annotations

import pytest

from tradewind.market.turnover import Money, Turnover

from builders import make_instrument


def make_turnover(exchange: str = "SHFE") -> Turnover:
    return Turnover(make_instrument(exchange=exchange, contract_multiplier=10))


def test_the_increment_is_the_difference() -> None:
    turnover = make_turnover()
    money = turnover.step(51_000.0, before=50_000.0, volume=102, volume_delta=2, last=50.0, is_baseline=False)
    assert money == Money(51_000.0, 1_000.0, is_repaired=False)


def test_a_baseline_has_no_increment() -> None:
    money = make_turnover().step(50_000.0, before=7.0, volume=100, volume_delta=0, last=50.0, is_baseline=True)
    assert money == Money(50_000.0, 0.0, is_repaired=False)


def test_nothing_traded_and_nothing_said_needs_no_estimate() -> None:
    turnover = make_turnover()
    money = turnover.step(None, before=50_000.0, volume=100, volume_delta=0, last=50.0, is_baseline=False)
    assert money == Money(50_000.0, 0.0, is_repaired=False)
    assert turnover.is_ordinary


def test_after_an_estimate_the_true_total_is_taken_but_its_difference_is_not() -> None:
    turnover = make_turnover()
    guess = turnover.step(None, before=50_000.0, volume=102, volume_delta=2, last=50.0, is_baseline=False)
    assert guess == Money(51_000.0, 1_000.0, is_repaired=True)
    assert not turnover.is_ordinary
    truth = turnover.step(51_700.0, before=guess.total, volume=103, volume_delta=1, last=51.0, is_baseline=False)
    assert truth == Money(51_700.0, 510.0, is_repaired=True)
    assert turnover.is_ordinary


def test_turnover_going_backwards_is_a_new_total_with_an_estimated_increment() -> None:
    turnover = make_turnover()
    money = turnover.step(40_000.0, before=50_000.0, volume=101, volume_delta=1, last=50.0, is_baseline=False)
    assert money == Money(40_000.0, 500.0, is_repaired=True)


@pytest.mark.parametrize(("given", "scale"), [(100 * 50.0, 10.0), (100 * 50.0 * 10, 1.0)])
def test_the_average_price_tells_whether_czce_counted_the_multiplier(given: float, scale: float) -> None:
    turnover = make_turnover("CZCE")
    assert not turnover.is_ordinary
    money = turnover.step(given, before=0.0, volume=100, volume_delta=0, last=50.0, is_baseline=True)
    assert turnover.scale == pytest.approx(scale)
    assert money.total == 50_000.0


def test_before_the_first_trade_the_factor_stays_open() -> None:
    turnover = make_turnover("CZCE")
    turnover.step(0.0, before=0.0, volume=0, volume_delta=0, last=50.0, is_baseline=True)
    assert not turnover.is_ordinary
    money = turnover.step(100.0, before=0.0, volume=2, volume_delta=2, last=50.0, is_baseline=False)
    assert money == Money(1_000.0, 1_000.0, is_repaired=False)
