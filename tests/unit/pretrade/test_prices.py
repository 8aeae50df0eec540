"""A price is one the exchange takes, and near the market."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from pretrade_harness import INDEX, GateDesk, codes_of, limit, make_rates, open_desk
from tradewind.domain.order import PriceType, RefusedOrder, Side
from tradewind.domain.trading_state import Scope
from tradewind.pretrade.ports import MarginPrice

WIDE = limit(Scope.PLATFORM, "", price_band="1")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"price": None}, "PRICE_MISSING"),
        ({"price": Decimal("5230.0"), "price_type": PriceType.MARKET}, "PRICE_NOT_ALLOWED"),
        ({"price": Decimal("NaN")}, "PRICE_NOT_FINITE"),
        ({"price": Decimal("Infinity")}, "PRICE_NOT_FINITE"),
        ({"price": Decimal("sNaN")}, "PRICE_NOT_FINITE"),
        ({"price": Decimal("1e999999")}, "PRICE_NOT_FINITE"),
        ({"price": Decimal("-1e15")}, "PRICE_NOT_FINITE"),
        ({"price": Decimal("5230.1")}, "PRICE_OFF_TICK"),
        ({"price": Decimal("5230.00001")}, "PRICE_OFF_TICK"),
        ({"price": Decimal(5230) + Decimal("1e-20")}, "PRICE_OFF_TICK"),
    ],
)
def test_a_price_of_the_wrong_form_is_refused(changes: dict[str, Any], code: str) -> None:
    assert open_desk().codes(**changes) == {code}


@pytest.mark.parametrize(
    ("price", "codes"),
    [
        ("5737.8", set()),
        ("5738.0", {"PRICE_ABOVE_LIMIT"}),
        ("4694.6", set()),
        ("4694.4", {"PRICE_BELOW_LIMIT"}),
        ("-5230.0", {"PRICE_BELOW_LIMIT"}),
        ("0", {"PRICE_BELOW_LIMIT"}),
    ],
)
def test_the_days_limits_are_the_last_prices_taken(price: str, codes: set[str]) -> None:
    assert open_desk(WIDE).codes(price=Decimal(price)) == codes


@pytest.mark.parametrize(("price", "codes"), [("5737.8", set()), ("5738.0", {"PRICE_ABOVE_LIMIT"})])
def test_without_limits_in_the_tick_they_follow_from_the_settlement_price(price: str, codes: set[str]) -> None:
    desk = open_desk(WIDE)
    desk.tick(limit_up=None, limit_down=None)
    # 5216.2 × 1.1 = 5737.82, down to a whole price step.
    assert desk.codes(price=Decimal(price)) == codes


def test_unknown_limits_refuse() -> None:
    desk = open_desk()
    desk.rates.by_id[INDEX] = make_rates(limit_ratio=None)
    desk.tick(limit_up=None, limit_down=None)
    assert desk.codes() == {"PRICE_LIMITS_UNKNOWN"}


def test_limits_computed_once_are_computed_anew_when_the_tick_tells_them() -> None:
    desk = open_desk(WIDE)
    desk.tick(limit_up=None, limit_down=None)
    assert desk.codes(price=Decimal("5600.0")) == set()
    desk.tick(limit_up=5500.0, limit_down=5000.0)
    assert desk.codes(price=Decimal("5600.0")) == {"PRICE_ABOVE_LIMIT"}


@pytest.mark.parametrize(
    ("side", "price", "codes"),
    [
        (Side.BUY, "5282.2", set()),
        (Side.BUY, "5282.4", {"PRICE_BAND"}),
        (Side.BUY, "5000.0", set()),
        (Side.SELL, "5177.8", set()),
        (Side.SELL, "5177.6", {"PRICE_BAND"}),
        (Side.SELL, "5500.0", set()),
    ],
)
def test_the_band_is_about_the_side_that_costs(side: Side, price: str, codes: set[str]) -> None:
    desk = open_desk(limit(Scope.PLATFORM, "", price_band="0.01"))
    assert desk.codes(side=side, price=Decimal(price)) == codes


def test_a_contract_without_a_tick_has_no_reference() -> None:
    desk = GateDesk()
    desk.account()
    assert desk.codes() >= {"REFERENCE_MISSING", "PRICE_LIMITS_UNKNOWN", "MARGIN_PRICE_UNKNOWN"}


def test_a_market_order_is_costed_at_the_worst_price_it_may_get() -> None:
    desk = open_desk()
    desk.names.margin_kind = "open"
    buy = desk.ask(price=None, price_type=PriceType.MARKET)
    assert not isinstance(buy, RefusedOrder)
    assert buy.margin == Decimal("5737.8") * 300 / 10


@pytest.mark.parametrize(
    ("kind", "price"),
    [("pre_settlement", "5216.2"), ("last", "5230.0"), ("average", "5230.0"), ("open", "5229.0")],
)
def test_margin_is_counted_at_the_price_the_settings_name(kind: MarginPrice, price: str) -> None:
    desk = open_desk()
    desk.names.margin_kind = kind
    decision = desk.ask(price=Decimal("5229.0"))
    assert not isinstance(decision, RefusedOrder)
    assert decision.margin == Decimal(price) * 300 / 10


def test_a_refusal_names_the_limit_and_the_actual_value() -> None:
    decision = open_desk(WIDE).ask(price=Decimal("5738.0"))
    assert isinstance(decision, RefusedOrder)
    refusal = decision.refusals[0]
    assert (refusal.rule, refusal.limit, refusal.actual) == ("daily_limit", "5737.8", "5738.0")
    assert refusal.scope == f"instrument:{INDEX}"


def test_all_reasons_are_told_and_not_only_the_first() -> None:
    request = open_desk().request(quantity=500, price=Decimal("5900.1"))
    assert codes_of(open_desk().send(request)) >= {
        "QUANTITY_TOO_LARGE",
        "PRICE_OFF_TICK",
        "PRICE_ABOVE_LIMIT",
        "PRICE_BAND",
        "ORDER_VALUE",
        "INSUFFICIENT_FUNDS",
    }


def test_reasons_come_in_the_order_of_the_rules() -> None:
    desk = open_desk()
    decision = desk.ask(quantity=500, price=Decimal("5900.1"))
    assert isinstance(decision, RefusedOrder)
    order = [row.name for row in desk.service.queries.rules()]
    places = [order.index(refusal.rule) for refusal in decision.refusals]
    assert places == sorted(places)


def test_a_price_that_is_no_decimal_is_refused() -> None:
    desk = open_desk()
    assert codes_of(desk.send(msgspec.structs.replace(desk.request(), price=5230.0))) == {"PRICE_NOT_FINITE"}
