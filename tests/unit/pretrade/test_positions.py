"""There are lots to close and room for those to open, every working order counted at its worst."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pretrade_harness import DAY, GOLD, INDEX, NEXT_INDEX, GateDesk, limit, make_fill, open_desk
from tradewind.domain.account import Direction
from tradewind.domain.order import Offset, OrderStatus, Side
from tradewind.domain.trading_state import Scope

SELL_CLOSE = {"side": Side.SELL, "offset": Offset.CLOSE}
GOLD_SELL = {"instrument_id": GOLD, "side": Side.SELL, "price": Decimal("390.00")}


def holding(**position: int) -> GateDesk:
    desk = open_desk()
    desk.position(**position)
    return desk


def test_nothing_is_closed_where_nothing_is_held() -> None:
    assert open_desk().codes(**SELL_CLOSE) == {"CLOSE_BEYOND_POSITION"}


def test_a_short_position_is_closed_by_buying() -> None:
    desk = open_desk()
    desk.position(direction=Direction.SHORT, today=1)
    assert desk.codes(side=Side.SELL, offset=Offset.CLOSE) == {"CLOSE_BEYOND_POSITION"}
    assert desk.codes(side=Side.BUY, offset=Offset.CLOSE) == set()


def test_where_days_are_not_kept_apart_a_close_takes_lots_of_both() -> None:
    desk = holding(today=1, yesterday=2)
    assert desk.codes(quantity=4, **SELL_CLOSE) == {"CLOSE_BEYOND_POSITION"}
    assert desk.codes(quantity=3, **SELL_CLOSE) == set()


@pytest.mark.parametrize(
    ("offset", "quantity", "codes"),
    [
        (Offset.CLOSE_TODAY, 1, set()),
        (Offset.CLOSE_TODAY, 2, {"CLOSE_BEYOND_POSITION"}),
        (Offset.CLOSE_YESTERDAY, 2, set()),
        (Offset.CLOSE_YESTERDAY, 3, {"CLOSE_BEYOND_POSITION"}),
        (Offset.CLOSE, 2, set()),
        (Offset.CLOSE, 3, {"CLOSE_BEYOND_POSITION"}),
    ],
)
def test_where_days_are_kept_apart_a_close_names_its_day(offset: Offset, quantity: int, codes: set[str]) -> None:
    desk = open_desk()
    desk.position(instrument_id=GOLD, today=1, yesterday=2, contract_multiplier=1000, last_price=Decimal(390))
    assert desk.codes(**GOLD_SELL, offset=offset, quantity=quantity) == codes


def test_two_orders_never_close_the_same_lots() -> None:
    desk = holding(today=2)
    first = desk.approve(quantity=2, **SELL_CLOSE)
    assert desk.codes(quantity=1, **SELL_CLOSE) == {"CLOSE_BEYOND_POSITION"}
    desk.cancelled(first)
    assert desk.codes(quantity=2, **SELL_CLOSE) == set()


def test_lots_just_opened_can_be_closed_before_the_ledger_tells_them() -> None:
    desk = open_desk()
    opened = desk.approve()
    desk.fill(opened)
    assert desk.codes(**SELL_CLOSE) == set()


def test_lots_just_closed_are_gone_before_the_ledger_tells_it() -> None:
    desk = holding(yesterday=1)
    desk.fill(desk.approve(**SELL_CLOSE))
    assert desk.codes(**SELL_CLOSE) == {"CLOSE_BEYOND_POSITION"}


def test_a_book_closes_only_its_own_lots() -> None:
    desk = open_desk()
    desk.position(today=5)
    desk.position(book="P1/S1", today=2)
    assert desk.codes(quantity=3, product_code="P1", strategy="S1", **SELL_CLOSE) == {"CLOSE_BEYOND_POSITION"}
    assert desk.codes(quantity=2, product_code="P1", strategy="S1", **SELL_CLOSE) == set()
    assert desk.codes(quantity=1, product_code="P1", strategy="S2", **SELL_CLOSE) == {"CLOSE_BEYOND_POSITION"}


def test_the_ledger_counts_a_fill_once_however_it_is_told() -> None:
    desk = open_desk()
    request = desk.approve(quantity=2)
    desk.fill(request)
    desk.fill(request)
    lots = desk.service.gate.desk.holdings.lots((Scope.ACCOUNT, "A1"), INDEX)
    assert (lots.long, lots.buys) == (2, 0)
    desk.position(today=1)
    assert lots.long == 2
    desk.position(today=2)
    assert lots.long == 2


def test_a_settlement_that_takes_lots_away_takes_them_here_too() -> None:
    desk = holding(yesterday=5)
    desk.position(yesterday=0)
    assert desk.service.gate.desk.holdings.lots((Scope.ACCOUNT, "A1"), INDEX).long == 0


@pytest.mark.parametrize(
    ("scope", "key", "label"),
    [
        (Scope.PLATFORM, "", "platform"),
        (Scope.ACCOUNT, "A1", "account:A1"),
        (Scope.PRODUCT, "P1", "product:P1"),
        (Scope.STRATEGY, "S1", "strategy:S1"),
        (Scope.INSTRUMENT, INDEX, f"instrument:{INDEX}"),
    ],
)
def test_net_position_is_limited_in_every_scope(scope: Scope, key: str, label: str) -> None:
    desk = open_desk(limit(scope, key, max_net_position=3))
    book = {"product_code": "P1", "strategy": "S1"}
    desk.approve(quantity=2, **book)
    decision = desk.ask(quantity=2, **book)
    assert [(one.code, one.scope, one.actual) for one in decision.refusals] == [("NET_POSITION", label, "4")]  # type: ignore[union-attr]
    assert desk.codes(quantity=1, **book) == set()


def test_a_working_order_on_the_other_side_makes_no_room() -> None:
    desk = open_desk(limit(Scope.ACCOUNT, max_net_position=2))
    desk.approve(quantity=2)
    desk.approve(quantity=2, side=Side.SELL, price=Decimal("5250.0"))
    assert desk.codes(quantity=1) == {"NET_POSITION"}


def test_a_short_position_makes_room_on_the_net_and_none_on_the_gross() -> None:
    desk = open_desk(limit(Scope.ACCOUNT, max_net_position=2, max_gross_position=4))
    desk.position(direction=Direction.SHORT, today=2)
    assert desk.codes(quantity=3) == {"GROSS_POSITION"}
    assert desk.codes(quantity=2) == set()


def test_a_closing_order_needs_no_room() -> None:
    desk = open_desk(limit(Scope.ACCOUNT, max_net_position=0, max_gross_position=0, max_exposure=0))
    desk.position(today=2)
    assert desk.codes(quantity=2, **SELL_CLOSE) == set()


def test_what_a_cancel_leaves_is_room_again_and_what_was_filled_is_not() -> None:
    desk = open_desk(limit(Scope.ACCOUNT, max_net_position=5))
    request = desk.approve(quantity=5)
    desk.fill(request, 2)
    desk.cancelled(request)
    assert desk.codes(quantity=4) == {"NET_POSITION"}
    assert desk.codes(quantity=3) == set()


def test_an_unknown_order_still_counts() -> None:
    desk = open_desk(limit(Scope.ACCOUNT, max_net_position=1))
    desk.order(desk.approve(), OrderStatus.UNKNOWN)
    assert desk.codes() == {"NET_POSITION"}


def test_an_order_that_is_filled_counts_until_its_fill_is_heard() -> None:
    desk = open_desk(limit(Scope.ACCOUNT, max_net_position=1))
    request = desk.approve()
    desk.order(request, OrderStatus.FILLED, 1)
    assert desk.codes() == {"NET_POSITION"}
    desk.publish("fills", make_fill(request, "f1"))
    assert desk.codes() == {"NET_POSITION"}


def test_a_fill_heard_before_its_order_counts_once() -> None:
    desk = open_desk(limit(Scope.ACCOUNT, max_net_position=2))
    request = desk.approve()
    desk.publish("fills", make_fill(request, "f1"))
    desk.order(request, OrderStatus.FILLED, 1)
    assert desk.codes() == set()
    assert desk.codes() == {"NET_POSITION"}


def test_an_order_found_at_the_exchange_counts_though_nobody_asked_for_it() -> None:
    desk = open_desk(limit(Scope.ACCOUNT, max_net_position=1))
    desk.order(desk.request(client_order_id="foreign"), OrderStatus.ACCEPTED)
    assert desk.codes() == {"NET_POSITION"}


def test_exposure_is_summed_over_contracts() -> None:
    desk = open_desk(limit(Scope.ACCOUNT, max_exposure=3_200_000))
    desk.approve()
    desk.approve(instrument_id=NEXT_INDEX)
    assert desk.codes(instrument_id=NEXT_INDEX) == {"EXPOSURE"}


def test_exposure_of_a_position_is_marked_at_the_ledgers_price() -> None:
    desk = open_desk()
    desk.position(today=2, last_price=Decimal(5000))
    assert desk.service.gate.desk.holdings.exposure((Scope.ACCOUNT, "A1")) == 2 * 300 * 5000
    desk.position(today=2, last_price=Decimal(5100))
    assert desk.service.gate.desk.holdings.exposure((Scope.ACCOUNT, "A1")) == 2 * 300 * 5100


def test_a_position_told_twice_changes_nothing() -> None:
    desk = holding(today=2)
    desk.position(today=2)
    assert desk.service.gate.desk.holdings.lots((Scope.ACCOUNT, "A1"), INDEX).long == 2
    assert desk.request().trading_day == DAY
