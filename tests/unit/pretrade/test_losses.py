"""A loss limit warns, then acts: the scope is reduced or halted, and stays so."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from pretrade_harness import DAY, GateDesk, limit, open_desk
from tradewind.domain.order import Offset, Side
from tradewind.domain.trading_state import Scope, TradingMode

TEN = Decimal(10_000_000)


def losing(amount: int, *limits: object, **changes: Any) -> GateDesk:
    desk = open_desk(*limits)  # type: ignore[arg-type]
    desk.account(balance=TEN - amount, **changes)
    return desk


def test_a_loss_below_the_limit_does_nothing() -> None:
    desk = losing(499_999)
    assert desk.states == []
    assert desk.codes() == set()


def test_at_the_limit_the_account_may_only_reduce() -> None:
    desk = losing(500_000)
    state = desk.states[0]
    assert (state.scope, state.key, state.mode) == (Scope.ACCOUNT, "A1", TradingMode.REDUCING)
    assert state.reason_code == "DAILY_LOSS"
    assert desk.codes() == {"REDUCING", "DAILY_LOSS"}
    desk.position(today=1)
    assert desk.codes(side=Side.SELL, offset=Offset.CLOSE) == set()
    assert desk.codes(account_id="A2", price=Decimal("5229.0")) == set()


def test_the_settings_may_halt_instead() -> None:
    desk = losing(500_000, limit(Scope.ACCOUNT, on_loss="halted"))
    assert desk.states[0].mode is TradingMode.HALTED


def test_money_paid_out_is_no_loss_and_money_paid_in_no_gain() -> None:
    assert losing(1_000_000, withdraw=Decimal(1_000_000)).states == []
    assert len(losing(0, deposit=Decimal(1_000_000)).states) == 1


def test_an_amount_and_a_ratio_hold_side_by_side() -> None:
    desk = losing(1_000, limit(Scope.ACCOUNT, max_daily_loss=1_000))
    assert [state.reason_code for state in desk.states] == ["DAILY_LOSS"]


def test_a_recovery_does_not_lift_what_the_loss_has_set() -> None:
    desk = losing(500_000)
    desk.account(balance=TEN)
    assert desk.codes() == {"REDUCING"}


def test_drawdown_counts_from_the_highest_equity() -> None:
    desk = open_desk(limit(Scope.ACCOUNT, max_drawdown=100_000))
    desk.account(balance=TEN + 50_000)
    desk.account(balance=TEN - 49_999)
    assert desk.states == []
    desk.account(balance=TEN - 50_000)
    assert desk.states[0].reason_code == "DRAWDOWN"


def test_drawdown_goes_over_the_end_of_the_day() -> None:
    desk = open_desk(limit(Scope.ACCOUNT, max_drawdown=100_000))
    desk.account(balance=TEN - 60_000)
    desk.account(trading_day=DAY + 1, pre_balance=TEN - 60_000, balance=TEN - 100_000)
    assert desk.states[0].reason_code == "DRAWDOWN"


def test_a_withdrawal_is_no_drawdown() -> None:
    desk = open_desk(limit(Scope.ACCOUNT, max_drawdown=100_000))
    desk.account(balance=TEN - 500_000, withdraw=Decimal(500_000))
    assert desk.states == []


def test_a_strategys_loss_is_summed_over_its_books() -> None:
    desk = open_desk(limit(Scope.STRATEGY, max_daily_loss=1_000))
    desk.account(book="P1/S1", pre_balance=Decimal(0), balance=Decimal(-600))
    assert desk.states == []
    desk.account("A2", book="P1/S1", pre_balance=Decimal(0), balance=Decimal(-400))
    state = desk.states[0]
    assert (state.scope, state.key, state.mode) == (Scope.STRATEGY, "S1", TradingMode.HALTED)


def test_a_products_loss_is_summed_over_its_strategies() -> None:
    desk = open_desk(limit(Scope.PRODUCT, max_daily_loss=1_000))
    desk.account(book="P1/S1", pre_balance=Decimal(0), balance=Decimal(-600))
    desk.account(book="P1/S2", pre_balance=Decimal(0), balance=Decimal(-400))
    assert [(state.scope, state.key) for state in desk.states] == [(Scope.PRODUCT, "P1")]


@pytest.mark.parametrize(("loss", "percent"), [(300_000, 60), (400_000, 80), (475_000, 95)])
def test_a_loss_is_warned_of_before_it_is_reached(loss: int, percent: int) -> None:
    desk = losing(loss)
    assert [(one.rule, one.percent) for one in desk.warnings] == [("daily_loss", percent)]


def test_each_warning_of_a_day_comes_once() -> None:
    desk = losing(300_000)
    desk.account(balance=TEN - 290_000)
    desk.account(balance=TEN - 310_000)
    assert len(desk.warnings) == 1
    desk.account(trading_day=DAY + 1, balance=TEN - 310_000)
    assert len(desk.warnings) == 2


def test_margin_is_warned_of_when_it_nears_its_part_of_the_balance() -> None:
    desk = open_desk(limit(Scope.ACCOUNT, max_margin_use="0.02"))
    desk.approve()
    assert [(one.rule, one.percent) for one in desk.warnings] == [("margin_use", 60)]
