"""The account can pay, and margin stays below its part of the balance."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from pretrade_harness import INDEX, NEXT_INDEX, limit, make_rates, open_desk
from tradewind.domain.account import Direction
from tradewind.domain.charges import group_margin, margin_of
from tradewind.domain.order import Offset, OrderStatus, Side
from tradewind.domain.trading_state import Scope

LOT = Decimal("5216.2") * 300 / 10
WIDE = limit(Scope.ACCOUNT, max_margin_use=100)
HALF = limit(Scope.ACCOUNT, max_margin_use="0.5", max_daily_loss_ratio=100, max_drawdown_ratio=100)
SELL = {"side": Side.SELL, "price": Decimal("5260.0")}


def test_what_is_available_covers_margin_and_commission_to_the_cent() -> None:
    desk = open_desk(WIDE)
    desk.account(available=LOT + 10)
    assert desk.codes() == set()
    assert desk.codes() == {"INSUFFICIENT_FUNDS"}


def test_a_cent_short_is_short() -> None:
    desk = open_desk(WIDE)
    desk.account(available=LOT + 10 - Decimal("0.01"))
    decision = desk.ask()
    assert [(one.limit, one.actual) for one in decision.refusals] == [("156495.99", "156496.00")]  # type: ignore[union-attr]


def test_two_orders_in_a_row_cannot_spend_the_same_money() -> None:
    desk = open_desk(WIDE)
    desk.account(available=LOT + 15)
    first = desk.approve()
    # The ledger froze it meanwhile, and says so: it is not counted twice.
    desk.account(available=Decimal(5), frozen_margin=LOT, frozen_commission=Decimal(10))
    assert desk.codes() == {"INSUFFICIENT_FUNDS"}
    desk.cancelled(first)
    assert desk.codes() == set()


def test_money_of_a_fill_stays_spent_until_the_ledger_tells_it() -> None:
    desk = open_desk(WIDE)
    desk.account(available=LOT + 20)
    desk.fill(desk.approve())
    purse = desk.service.gate.desk.funds.purse("A1")
    assert purse.available == 10
    desk.position(today=1, margin=LOT)
    desk.account(available=Decimal(10), margin=LOT, commission=Decimal(10))
    assert purse.available == 10
    assert purse.margin == LOT


def test_one_accounts_orders_are_not_anothers() -> None:
    desk = open_desk(WIDE)
    desk.account(available=LOT + 10)
    desk.approve()
    assert desk.codes(account_id="A2") == set()


def test_a_closing_order_needs_no_money() -> None:
    desk = open_desk()
    desk.position(today=1)
    desk.account(available=Decimal(-5))
    assert desk.codes(side=Side.SELL, offset=Offset.CLOSE) == set()


def test_margin_use_counts_positions_and_orders() -> None:
    desk = open_desk(HALF)
    desk.account(balance=LOT * 6)
    desk.position(yesterday=1, margin=LOT)
    desk.approve(quantity=1)
    assert desk.codes(quantity=2) == {"MARGIN_USE"}
    assert desk.codes(quantity=1) == set()


def test_the_smaller_side_of_a_group_adds_nothing_to_margin_use() -> None:
    desk = open_desk(HALF)
    desk.account(balance=LOT * 4)
    desk.position(yesterday=2, margin=LOT * 2)
    assert desk.codes(**SELL, quantity=2, instrument_id=NEXT_INDEX) == set()
    assert desk.codes(**SELL, quantity=1) == {"MARGIN_USE"}


def test_where_both_sides_count_both_do() -> None:
    desk = open_desk(HALF)
    desk.rates.by_id[INDEX] = make_rates(is_larger_side_only=False)
    desk.account(balance=LOT * 4)
    desk.position(yesterday=2, margin=LOT * 2)
    assert desk.codes(**SELL, quantity=1) == {"MARGIN_USE"}


def test_margin_of_positions_and_orders_is_what_the_shared_arithmetic_says() -> None:
    desk = open_desk(WIDE)
    desk.position(yesterday=3, margin=LOT * 3)
    desk.position(direction=Direction.SHORT, today=1, margin=LOT)
    desk.approve(quantity=2)
    desk.approve(quantity=4, instrument_id=NEXT_INDEX, side=Side.SELL, price=Decimal("5250.0"))
    rates = make_rates()
    sides = [
        margin_of(rates.margin, side, price=Decimal("5216.2"), quantity=lots, contract_multiplier=300)
        for side, lots in ((Direction.LONG, 3 + 2), (Direction.SHORT, 1 + 4))
    ]
    assert desk.service.gate.desk.funds.purse("A1").margin == group_margin(*sides, is_larger_side_only=True)


def test_an_account_without_balance_binds_no_margin() -> None:
    desk = open_desk(WIDE)
    desk.account(balance=Decimal(0))
    assert "MARGIN_USE" in desk.codes()


def test_everything_frozen_is_free_again_to_the_last_digit_when_all_orders_are_over() -> None:
    desk = open_desk()
    desk.rates.by_id[INDEX] = make_rates(
        commission=msgspec.structs.replace(
            make_rates().commission, open_by_money=Decimal("0.000023"), order_fee=Decimal(1)
        )
    )
    requests = [desk.approve(quantity=lots) for lots in (3, 7, 1)]
    for request in requests:
        desk.order(request, OrderStatus.ACCEPTED)
        desk.cancelled(request)
    purse = desk.service.gate.desk.funds.purse("A1")
    assert (purse.frozen_margin, purse.frozen_commission, purse.margin) == (Decimal(0), Decimal(0), Decimal(0))


def test_a_close_whose_day_is_not_known_is_charged_the_dearer_day() -> None:
    desk = open_desk()
    desk.position(today=1, yesterday=1)
    decision = desk.ask(side=Side.SELL, offset=Offset.CLOSE, quantity=2)
    assert decision.commission == 2 * 15  # type: ignore[union-attr]
