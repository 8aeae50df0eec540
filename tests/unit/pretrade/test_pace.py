"""Orders come no faster than allowed, cancels are counted, and the same order does not repeat itself."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pretrade_harness import INDEX, NEXT_INDEX, GateDesk, limit, open_desk
from tradewind.domain.order import OrderStatus
from tradewind.domain.trading_state import Scope, TradingMode


def test_orders_a_second_are_limited_and_the_next_second_is_free() -> None:
    desk = open_desk(limit(Scope.ACCOUNT, orders_per_second=2))
    assert [desk.codes() for _ in range(3)] == [set(), set(), {"ORDERS_PER_SECOND"}]
    desk.at(1.5)
    assert desk.codes() == set()


def test_a_refused_order_does_not_use_the_pace() -> None:
    desk = open_desk(limit(Scope.ACCOUNT, orders_per_second=2))
    for _ in range(5):
        desk.ask(quantity=0)
    assert desk.codes() == set()


def test_orders_a_minute_are_limited() -> None:
    desk = open_desk(limit(Scope.PLATFORM, "", orders_per_minute=3), stale_after_s=600)
    for second in (1, 10, 20):
        desk.at(second)
        desk.approve()
    desk.at(30)
    assert desk.codes() == {"ORDERS_PER_MINUTE"}
    desk.at(61.5)
    assert desk.codes() == set()


def test_a_limit_of_none_at_all_refuses_every_order() -> None:
    assert open_desk(limit(Scope.INSTRUMENT, orders_per_second=0)).codes() == {"ORDERS_PER_SECOND"}


def test_each_scope_has_a_pace_of_its_own() -> None:
    desk = open_desk(limit(Scope.INSTRUMENT, orders_per_second=1))
    assert desk.codes() == set()
    assert desk.codes(instrument_id=NEXT_INDEX) == set()
    assert desk.codes() == {"ORDERS_PER_SECOND"}


def test_too_many_cancels_hold_new_orders_back_and_never_a_cancel() -> None:
    desk = open_desk(limit(Scope.ACCOUNT, cancels_per_second=2))
    requests = [desk.approve() for _ in range(3)]
    for request in requests[:2]:
        desk.cancel(request)
    assert desk.codes() == {"CANCELS_PER_SECOND"}
    desk.cancel(requests[2])
    counts = desk.service.queries.counts()
    assert counts[0].cancels == 3


def test_the_same_order_again_and_again_is_refused_for_a_while_and_not_for_ever() -> None:
    desk = open_desk(duplicates=2, duplicates_s=2)
    assert [desk.codes() for _ in range(3)] == [set(), set(), {"DUPLICATE_ORDER"}]
    desk.at(2.5)
    assert desk.codes() == set()


@pytest.mark.parametrize("change", [{"quantity": 2}, {"price": Decimal("5229.8")}, {"account_id": "A2"}])
def test_another_order_is_no_duplicate(change: dict[str, object]) -> None:
    desk = open_desk(duplicates=1)
    desk.approve()
    assert desk.codes(**change) == set()


def test_windows_of_equal_orders_stay_bounded() -> None:
    desk = open_desk()
    pace = desk.service.gate.desk.pace
    for number in range(10_500):
        pace.equals_window(("A1", INDEX, "buy", "open", Decimal(number), 1), 0).append(number * 10**9)
    assert len(pace.equals) <= 10_000


def refused_often(desk: GateDesk, times: int, **changes: object) -> None:
    for _ in range(times):
        desk.ask(quantity=0, **changes)


def test_a_strategy_refused_too_often_is_stopped() -> None:
    desk = open_desk(refusals=3, refusals_s=10)
    refused_often(desk, 2, strategy="S1")
    assert desk.states == []
    refused_often(desk, 1, strategy="S1")
    state = desk.states[0]
    assert (state.scope, state.key, state.mode) == (Scope.STRATEGY, "S1", TradingMode.HALTED)
    assert state.reason_code == "REFUSED_TOO_OFTEN"
    assert desk.codes(strategy="S1") == {"HALTED"}
    assert desk.codes(strategy="S2") == set()


def test_refusals_spread_over_time_stop_nobody() -> None:
    desk = open_desk(refusals=3, refusals_s=1)
    for second in range(1, 7):
        desk.at(second)
        refused_often(desk, 1, strategy="S1")
    assert desk.states == []


def test_refusals_of_a_halt_do_not_count_against_a_strategy() -> None:
    desk = open_desk(refusals=3)
    desk.service.halt(actor="wang", reason="drill")
    for _ in range(5):
        desk.ask(strategy="S1")
    assert [state.scope for state in desk.states] == [Scope.PLATFORM]


def test_what_an_instruction_of_the_book_is_refused_in_a_strategys_book_does_not_count_against_it() -> None:
    desk = open_desk(refusals=1)
    refused_often(desk, 3, strategy="S1", instruction_id="B000001")
    assert desk.states == []


def test_a_strategy_let_go_on_begins_to_be_counted_anew() -> None:
    desk = open_desk(refusals=3)
    refused_often(desk, 3, strategy="S1")
    desk.service.reset(actor="li", phrase="RESUME STRATEGY S1", scope=Scope.STRATEGY, key="S1")
    refused_often(desk, 2, strategy="S1")
    assert desk.states[-1].mode is TradingMode.ACTIVE


def test_orders_of_people_are_refused_without_stopping_anything() -> None:
    desk = open_desk(refusals=1)
    refused_often(desk, 3)
    assert desk.states == []


def test_a_cancel_of_an_order_that_is_over_counts_nothing() -> None:
    desk = open_desk()
    request = desk.approve()
    desk.order(request, OrderStatus.REJECTED)
    desk.cancel(request)
    assert desk.service.queries.counts()[0].cancels == 0
