"""Whole lots, as many as the contract takes, and no more than anybody means."""

from __future__ import annotations

from typing import Any

import pytest

from pretrade_harness import INDEX, limit, make_rates, open_desk
from tradewind.domain.order import PriceType
from tradewind.domain.trading_state import Scope

RICH = (
    limit(Scope.ACCOUNT, max_order_value=10**12, max_exposure=10**12, max_margin_use=10**9, max_gross_position=10**9),
    limit(Scope.INSTRUMENT, max_order_quantity=10**9),
)


@pytest.mark.parametrize("quantity", [0, -1, 0.5, 1.0, True, "1", None])
def test_what_is_no_whole_number_of_lots_is_refused(quantity: Any) -> None:
    assert open_desk().codes(quantity=quantity) == {"QUANTITY_NOT_WHOLE"}


@pytest.mark.parametrize(
    ("quantity", "price_type", "code"),
    [
        (1, PriceType.LIMIT, "QUANTITY_TOO_SMALL"),
        (100, PriceType.LIMIT, None),
        (101, PriceType.LIMIT, "QUANTITY_TOO_LARGE"),
        (51, PriceType.MARKET, "QUANTITY_TOO_LARGE"),
    ],
)
def test_a_contract_takes_so_many_lots_in_one_order(quantity: int, price_type: PriceType, code: str | None) -> None:
    desk = open_desk(*RICH)
    desk.rates.by_id[INDEX] = make_rates(min_quantity=2)
    market = {"price": None} if price_type is PriceType.MARKET else {}
    codes = desk.codes(quantity=quantity, price_type=price_type, **market) - {"INSUFFICIENT_FUNDS"}
    assert codes == ({code} if code else set())


def test_a_market_order_where_there_are_none_counts_as_a_limit_order() -> None:
    desk = open_desk(*RICH)
    desk.rates.by_id[INDEX] = make_rates(max_market_quantity=0)
    codes = desk.codes(quantity=100, price=None, price_type=PriceType.MARKET)
    assert codes == {"INSUFFICIENT_FUNDS"}


@pytest.mark.parametrize(
    ("row", "label"),
    [
        (limit(Scope.PLATFORM, "", max_order_quantity=3), "platform"),
        (limit(Scope.ACCOUNT, max_order_quantity=3), "account:A1"),
        (limit(Scope.PRODUCT, "P1", max_order_quantity=3), "product:P1"),
        (limit(Scope.STRATEGY, "S1", max_order_quantity=3), "strategy:S1"),
        (limit(Scope.INSTRUMENT, INDEX, max_order_quantity=3), f"instrument:{INDEX}"),
    ],
)
def test_lots_of_one_order_are_limited_in_every_scope(row: Any, label: str) -> None:
    desk = open_desk(row)
    assert desk.codes(product_code="P1", strategy="S1", quantity=3) == set()
    decision = desk.ask(product_code="P1", strategy="S1", quantity=4)
    assert [(one.code, one.scope, one.limit, one.actual) for one in decision.refusals] == [  # type: ignore[union-attr]
        ("ORDER_QUANTITY", label, "3", "4")
    ]


def test_the_value_of_one_order_is_limited() -> None:
    desk = open_desk(limit(Scope.ACCOUNT, "A1", max_order_value=1_569_000))
    assert desk.codes(quantity=1) == set()
    assert desk.codes(quantity=2) == {"ORDER_VALUE"}
    assert desk.codes(quantity=2, account_id="A2") == set()
