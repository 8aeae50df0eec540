"""No order of ours meets another of ours, whatever account it is of."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pretrade_harness import NEXT_INDEX, open_desk
from tradewind.domain.order import OrderStatus, PriceType, Side

MARKET = {"price": None, "price_type": PriceType.MARKET}


@pytest.mark.parametrize(
    ("price", "codes"), [("5230.0", {"SELF_TRADE"}), ("5229.8", {"SELF_TRADE"}), ("5230.2", set())]
)
def test_a_sell_that_crosses_our_own_buy_is_refused(price: str, codes: set[str]) -> None:
    desk = open_desk()
    desk.approve()
    assert desk.codes(side=Side.SELL, price=Decimal(price)) == codes


@pytest.mark.parametrize(
    ("price", "codes"), [("5230.0", {"SELF_TRADE"}), ("5230.2", {"SELF_TRADE"}), ("5229.8", set())]
)
def test_a_buy_that_crosses_our_own_sell_is_refused(price: str, codes: set[str]) -> None:
    desk = open_desk()
    desk.approve(side=Side.SELL)
    assert desk.codes(price=Decimal(price)) == codes


def test_another_account_is_ours_too() -> None:
    desk = open_desk()
    desk.approve(account_id="A2")
    assert desk.codes(side=Side.SELL) == {"SELF_TRADE"}


def test_another_contract_is_another_market() -> None:
    desk = open_desk()
    desk.approve(instrument_id=NEXT_INDEX)
    assert desk.codes(side=Side.SELL) == set()


def test_a_market_order_crosses_everything() -> None:
    desk = open_desk()
    desk.approve(price=Decimal("5100.0"))
    assert desk.codes(side=Side.SELL, **MARKET) == {"SELF_TRADE"}
    other = open_desk()
    other.approve(**MARKET)
    assert other.codes(side=Side.SELL, price=Decimal("5300.0")) == {"SELF_TRADE"}


def test_the_refusal_says_which_price_would_pass() -> None:
    desk = open_desk()
    for price in ("5230.0", "5230.4", "5229.0"):
        desk.approve(price=Decimal(price))
    refusal = desk.ask(side=Side.SELL, price=Decimal("5229.0")).refusals[0]  # type: ignore[union-attr]
    assert refusal.limit == "price > 5230.4"
    assert refusal.actual == "5229.0 against c1, c2, c3"
    assert desk.codes(side=Side.SELL, price=Decimal("5230.6")) == set()


def test_an_order_that_is_over_is_in_nobodys_way() -> None:
    desk = open_desk()
    desk.cancelled(desk.approve())
    assert desk.codes(side=Side.SELL) == set()


def test_an_order_asked_to_be_cancelled_is_in_the_way_until_it_is() -> None:
    desk = open_desk()
    request = desk.approve()
    desk.cancel(request)
    assert desk.codes(side=Side.SELL) == {"SELF_TRADE"}
    desk.order(request, OrderStatus.CANCELLED)
    assert desk.codes(side=Side.SELL) == set()
