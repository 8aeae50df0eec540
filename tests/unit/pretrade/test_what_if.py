"""May I, and what would it cost: the same rules, nothing sent, nothing left behind."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from pretrade_days import STEPS, Day
from pretrade_harness import INDEX, NEXT_INDEX, codes_of, limit, open_desk
from tradewind.domain.order import ApprovedOrder, Side
from tradewind.domain.trading_state import Scope

LOT = Decimal("5216.2") * 300 / 10


def test_a_basket_says_of_each_line_what_would_be_decided() -> None:
    desk = open_desk(limit(Scope.ACCOUNT, max_net_position=2))
    answer = desk.service.what_if([desk.request(), desk.request(), desk.request(), desk.request(quantity=0)])
    assert [line.is_approved for line in answer.lines] == [True, True, False, False]
    assert not answer.is_approved
    assert {refusal.code for line in answer.lines for refusal in line.refusals} == {
        "NET_POSITION",
        "QUANTITY_NOT_WHOLE",
    }


def test_nothing_is_sent_and_nothing_stays_counted() -> None:
    desk = open_desk()
    before = desk.service.snapshot()
    desk.service.what_if([desk.request() for _ in range(4)])
    assert desk.service.snapshot() == before
    assert (desk.decisions, desk.log) == ([], [])
    assert desk.service.gate.desk.funds.purse("A1").margin == 0


def test_an_account_after_a_basket_says_margin_available_and_risk() -> None:
    desk = open_desk()
    answer = desk.service.what_if([desk.request(quantity=2), desk.request(quantity=1, account_id="A2")])
    first, second = answer.accounts
    assert (first.account_id, first.margin, first.commission) == ("A1", LOT * 2, Decimal(20))
    assert first.available == 10_000_000 - LOT * 2 - 20
    assert first.risk_ratio == LOT * 2 / 10_000_000
    assert (second.account_id, second.margin) == ("A2", LOT)


def test_the_smaller_side_of_a_basket_binds_nothing_more() -> None:
    desk = open_desk()
    sell = desk.request(instrument_id=NEXT_INDEX, side=Side.SELL, price=Decimal("5231.0"), quantity=2)
    (account,) = desk.service.what_if([desk.request(quantity=2), sell]).accounts
    assert account.margin == LOT * 2
    assert account.frozen_margin == LOT * 4


def test_what_is_left_of_a_limit_is_told_as_after_the_basket() -> None:
    desk = open_desk(limit(Scope.ACCOUNT, max_net_position=5))
    answer = desk.service.what_if([desk.request(quantity=2)])
    rooms = {(room.name, room.scope, room.instrument_id): room for room in answer.headroom}
    net = rooms[("max_net_position", Scope.ACCOUNT, INDEX)]
    assert (net.limit, net.used, net.left) == (5, 2, 3)
    assert rooms[("orders_per_minute", Scope.ACCOUNT, "")].used == 1
    assert rooms[("cancels_a_day", Scope.ACCOUNT, INDEX)].used == 1
    assert rooms[("max_exposure", Scope.ACCOUNT, "")].used == 2 * 300 * 5230


def test_two_lines_of_one_basket_under_one_id_are_two_orders() -> None:
    desk = open_desk()
    request = desk.request()
    answer = desk.service.what_if([request, request])
    assert [{refusal.code for refusal in line.refusals} for line in answer.lines] == [
        set(),
        {"DUPLICATE_CLIENT_ORDER_ID"},
    ]


def test_lines_of_one_basket_that_would_trade_with_each_other_are_found() -> None:
    desk = open_desk()
    answer = desk.service.what_if([desk.request(), desk.request(side=Side.SELL)])
    assert [refusal.code for refusal in answer.lines[1].refusals] == ["SELF_TRADE"]


def test_a_full_window_is_whole_again_after_a_what_if() -> None:
    desk = open_desk(limit(Scope.ACCOUNT, orders_per_second=2, orders_per_minute=2))
    desk.approve()
    desk.service.what_if([desk.request(), desk.request()])
    assert [desk.codes(), desk.codes()] == [set(), {"ORDERS_PER_SECOND", "ORDERS_PER_MINUTE"}]


def test_an_unknown_account_is_answered_and_has_no_figures() -> None:
    desk = open_desk()
    answer = desk.service.what_if([desk.request(account_id="A9")])
    assert (answer.accounts, answer.is_approved) == ((), False)


@given(STEPS, st.lists(st.integers(0, 1_000), min_size=1, max_size=8))
@settings(deadline=None, max_examples=30)
def test_what_is_said_is_what_is_then_decided(steps: list[tuple[str, int]], numbers: list[int]) -> None:
    day = Day().play(steps)
    desk = day.desk
    requests = [
        desk.request(
            quantity=1 + number % 5,
            side=(Side.BUY, Side.SELL)[number % 2],
            price=Decimal("5230.0"),
            instrument_id=(INDEX, NEXT_INDEX)[number // 3 % 2],
        )
        for number in numbers
    ]
    before = desk.service.snapshot()
    answer = desk.service.what_if(requests)
    assert desk.service.snapshot() == before
    for request, line in zip(requests, answer.lines, strict=True):
        decision = desk.send(request)
        assert isinstance(decision, ApprovedOrder) is line.is_approved
        assert codes_of(decision) == {refusal.code for refusal in line.refusals}
        if isinstance(decision, ApprovedOrder):
            assert (decision.margin, decision.commission) == (line.margin, line.commission)
    (account,) = answer.accounts
    purse = desk.service.gate.desk.funds.purse("A1")
    assert (account.margin, account.available) == (purse.margin, purse.available)
