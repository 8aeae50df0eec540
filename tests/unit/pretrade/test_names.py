"""An order names only what exists, under an id of its own."""

from __future__ import annotations

import msgspec
import pytest

from pretrade_harness import DAY, OPTION, GateDesk, codes_of, open_desk
from tradewind.domain.order import ApprovedOrder, OrderStatus
from tradewind.domain.trial import TRIAL_ID


def test_a_plain_order_passes_with_margin_and_commission_to_freeze() -> None:
    decision = open_desk().ask(quantity=2)
    assert isinstance(decision, ApprovedOrder)
    assert decision.margin == 2 * 300 * 5216.2 * 0.1
    assert decision.commission == 20
    assert decision.decision_id == "D000000001"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"instrument_id": "zz2101.SHFE"}, "UNKNOWN_INSTRUMENT"),
        ({"account_id": "A9"}, "UNKNOWN_ACCOUNT"),
        ({"product_code": "P9"}, "UNKNOWN_PRODUCT"),
        ({"strategy": "S9"}, "UNKNOWN_STRATEGY"),
    ],
)
def test_an_unknown_name_is_refused(changes: dict[str, str], code: str) -> None:
    assert open_desk().codes(**changes) == {code}


def test_an_account_of_which_the_ledger_has_told_nothing_is_refused() -> None:
    desk = GateDesk()
    desk.tick()
    assert "UNKNOWN_ACCOUNT" in desk.codes()


def test_every_unknown_name_is_told_at_once() -> None:
    found = open_desk().codes(account_id="A9", strategy="S9", product_code="P9")
    assert found == {"UNKNOWN_ACCOUNT", "UNKNOWN_PRODUCT", "UNKNOWN_STRATEGY"}


def test_the_test_instrument_is_refused() -> None:
    assert "TRIAL_INSTRUMENT" in open_desk().codes(instrument_id=TRIAL_ID)


def test_another_order_under_a_used_id_is_refused() -> None:
    desk = open_desk()
    first = desk.approve()
    assert codes_of(desk.send(msgspec.structs.replace(first, quantity=2))) == {"DUPLICATE_CLIENT_ORDER_ID"}


def test_an_id_stays_used_after_its_order_is_over() -> None:
    desk = open_desk()
    first = desk.approve()
    desk.order(first, OrderStatus.REJECTED)
    assert codes_of(desk.send(first)) == {"DUPLICATE_CLIENT_ORDER_ID"}


def test_an_id_stays_used_after_a_refusal() -> None:
    desk = open_desk()
    refused = desk.ask(quantity=0).order
    again = msgspec.structs.replace(refused, quantity=1)
    assert codes_of(desk.send(again)) == {"DUPLICATE_CLIENT_ORDER_ID"}


def test_the_same_request_told_twice_is_answered_once() -> None:
    desk = open_desk()
    first = desk.approve()
    desk.publish("order_requests", first)
    assert len(desk.decisions) == 1


def test_an_order_without_an_id_is_refused() -> None:
    assert open_desk().codes(client_order_id="") == {"CLIENT_ORDER_ID_MISSING"}


def test_ids_beyond_the_most_that_are_known_are_forgotten_oldest_first() -> None:
    desk = open_desk(known_orders=1_000)
    for number in range(1_001):
        desk.service.gate.desk.know(f"k{number}")
    assert next(iter(desk.service.gate.desk.known_ids)) == "k1"


def test_a_live_account_waits_for_its_report_and_a_paper_account_does_not() -> None:
    desk = open_desk()
    desk.names.live.add("A1")
    assert desk.codes() == {"REPORT_NOT_CONFIRMED"}
    assert desk.codes(account_id="A2") == set()


def test_a_live_account_with_a_confirmed_report_trades() -> None:
    desk = open_desk(report_confirmed_at={"A1": "2020-12-01"})
    desk.names.live.add("A1")
    assert desk.codes() == set()


def test_rates_of_a_later_day_are_unknown_today() -> None:
    desk = open_desk()
    for instrument_id, rates in list(desk.rates.by_id.items()):
        desk.rates.by_id[instrument_id] = msgspec.structs.replace(rates, valid_from=DAY + 1)
    assert desk.codes() == {"RATES_UNKNOWN"}


def test_a_contract_in_other_money_than_the_accounts_is_refused() -> None:
    desk = open_desk()
    desk.account(currency="HKD")
    assert desk.codes() == {"OTHER_CURRENCY"}
    desk.account(currency="CNY")
    assert desk.codes() == set()


def test_an_option_is_refused_by_a_code_of_its_own() -> None:
    assert "OPTION_NOT_TRADED" in open_desk().codes(instrument_id=OPTION)
