"""Orders and cancels to CTP, and what comes back: in any order, twice, padded, or of somebody else."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctp_front_by_hand import ACCOUNT, Account, contract_row, order_row, replace, trade_row
from tradewind.ctp.messages import Called, Returned
from tradewind.domain.order import Offset, PriceType, TimeInForce
from tradewind.execution.brokers.ctp.contracts import read_contracts
from tradewind.execution.brokers.ctp.form import Unsendable, order_fields
from tradewind.execution.brokers.ctp.inquiries import DayAnswer
from tradewind.execution.brokers.ctp.queries import QueryResult
from tradewind.execution.brokers.ctp.words import status_of
from tradewind.execution.ports import CancelFailed, SendFailed, SendOutcome, VenueStatus

from builders import make_tick

SHFE: dict[str, Any] = {
    "InstrumentID": "rb2105",
    "ExchangeID": "SHFE",
    "PriceTick": 1.0,
    "PositionDateType": "1",
    "MaxLimitOrderVolume": 500,
}


def test_an_order_has_every_field_that_ctp_wants() -> None:
    account = Account().work()
    assert account.trader.send(account.order()) is SendOutcome.SENT
    fields, number = account.front.last("ReqOrderInsert")
    assert fields == {
        "BrokerID": "9999",
        "InvestorID": "u1",
        "UserID": "u1",
        "InstrumentID": "IF2101",
        "ExchangeID": "CFFEX",
        "OrderRef": "8",
        "OrderPriceType": "2",
        "Direction": "0",
        "CombOffsetFlag": "0",
        "CombHedgeFlag": "1",
        "LimitPrice": 5230.0,
        "VolumeTotalOriginal": 5,
        "TimeCondition": "3",
        "VolumeCondition": "1",
        "MinVolume": 1,
        "ContingentCondition": "1",
        "ForceCloseReason": "0",
        "IsAutoSuspend": 0,
        "UserForceClose": 0,
        "RequestID": number,
    }


@pytest.mark.parametrize(
    ("price_type", "time_in_force", "triple"),
    [
        (PriceType.LIMIT, TimeInForce.DAY, ("2", "3", "1")),
        (PriceType.LIMIT, TimeInForce.FAK, ("2", "1", "1")),
        (PriceType.LIMIT, TimeInForce.FOK, ("2", "1", "3")),
        (PriceType.MARKET, TimeInForce.DAY, ("1", "3", "1")),
        (PriceType.MARKET, TimeInForce.FAK, ("1", "1", "1")),
        (PriceType.MARKET, TimeInForce.FOK, ("1", "1", "3")),
    ],
)
def test_each_kind_of_order_has_its_three_letters(
    price_type: PriceType, time_in_force: TimeInForce, triple: tuple[str, str, str]
) -> None:
    account = Account().work()
    price = None if price_type is PriceType.MARKET else Decimal("5230.0")
    account.trader.send(
        account.order(request_price_type=price_type, request_time_in_force=time_in_force, request_price=price)
    )
    fields, _ = account.front.last("ReqOrderInsert")
    assert (fields["OrderPriceType"], fields["TimeCondition"], fields["VolumeCondition"]) == triple


@pytest.mark.parametrize(
    ("date_type", "letters"),
    [("1", {"open": "0", "close": "1", "close_today": "3", "close_yesterday": "4"}),
     ("2", {"open": "0", "close": "1", "close_today": "1", "close_yesterday": "1"})],
)  # fmt: skip
def test_whether_days_are_kept_apart_decides_how_a_close_is_written(date_type: str, letters: dict[str, str]) -> None:
    contracts, _ = read_contracts([contract_row(PositionDateType=date_type)])
    for offset in Offset:
        request = Account().order(request_offset=offset).request
        fields = order_fields(request, contracts["IF2101"], ACCOUNT, reference="1")
        assert not isinstance(fields, Unsendable)
        assert fields["CombOffsetFlag"] == letters[offset]


def test_a_market_order_where_none_is_taken_is_a_limit_some_ticks_beyond_and_inside_the_days_limits() -> None:
    account = Account(slip_ticks=5)
    account.front.rows["ReqQryInstrument"] = [contract_row(**SHFE)]
    account.work()
    order = account.order(request_instrument_id="rb2105.SHFE", request_price_type=PriceType.MARKET, request_price=None)
    assert account.trader.send(order) is SendOutcome.REFUSED
    account.ticks["rb2105.SHFE"] = make_tick(
        instrument_id="rb2105.SHFE", bid_price=4000.0, ask_price=4001.0, limit_up=4003.0, limit_down=3800.0
    )
    order = account.order(
        "o2", request_instrument_id="rb2105.SHFE", request_price_type=PriceType.MARKET, request_price=None
    )
    assert account.trader.send(order) is SendOutcome.SENT
    fields, _ = account.front.last("ReqOrderInsert")
    assert (fields["OrderPriceType"], fields["LimitPrice"]) == ("2", 4003.0)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"request_quantity": 21}, "quantity"),
        ({"request_quantity": 0}, "quantity"),
        ({"request_price": Decimal("5230.1")}, "price_step"),
        ({"request_instrument_id": "IF2102.CFFEX"}, "ctp_16"),
    ],
)
def test_what_the_exchange_would_refuse_is_not_sent(changes: dict[str, Any], code: str) -> None:
    account = Account().work()
    assert account.trader.send(account.order(**changes)) is SendOutcome.REFUSED
    failed = account.said[-1]
    assert isinstance(failed, SendFailed)
    assert (failed.code, "ReqOrderInsert" in account.front.names()) == (code, False)


def test_references_begin_after_the_fronts_and_rise_over_all_sessions() -> None:
    account = Account().work()
    assert account.order().broker_ref == "1.100.8"
    account.reconnect(session_id=101)
    assert account.order("o2").broker_ref == "1.101.9"


def test_a_reference_of_an_earlier_session_is_stale_and_nothing_is_sent_under_it() -> None:
    account = Account().work()
    order = account.order()
    account.reconnect()
    assert account.trader.send(order) is SendOutcome.STALE
    order = replace(order, broker_ref=account.trader.reference(order.request))
    assert account.trader.send(order) is SendOutcome.SENT


def test_a_reference_that_others_overtook_is_stale_because_the_front_wants_them_to_rise() -> None:
    account = Account().work()
    first, second = account.order("o1"), account.order("o2")
    assert account.trader.send(second) is SendOutcome.SENT
    assert account.trader.send(first) is SendOutcome.STALE


def test_an_order_is_handed_over_once() -> None:
    account = Account().work()
    order = account.order()
    account.trader.send(order)
    assert account.trader.send(order) is SendOutcome.REFUSED
    assert account.front.names().count("ReqOrderInsert") == 1


def test_an_order_known_from_an_earlier_life_is_not_sent_again() -> None:
    account = Account()
    account.trader.know([replace(account.order(), broker_ref="1.99.5")])
    account.work()
    assert account.trader.send(account.order()) is SendOutcome.REFUSED


def test_an_order_is_the_exchanges_once_it_has_a_number_there() -> None:
    account = Account().work()
    account.trader.send(account.order())
    account.front.call("OnRtnOrder", **order_row(OrderStatus="a", OrderSubmitStatus="0", OrderSysID=""))
    assert account.orders() == []
    account.front.call("OnRtnOrder", **order_row())
    report = account.orders()[0]
    assert (report.client_order_id, report.order_id, report.status) == ("o1", "4711", VenueStatus.LIVE)


@pytest.mark.parametrize(
    ("letter", "submit", "status"),
    [
        ("0", "3", VenueStatus.FILLED),
        ("1", "3", VenueStatus.LIVE),
        ("2", "3", VenueStatus.CANCELLED),
        ("3", "3", VenueStatus.LIVE),
        ("4", "3", VenueStatus.CANCELLED),
        ("5", "3", VenueStatus.CANCELLED),
        ("5", "1", VenueStatus.CANCELLED),
        ("5", "5", VenueStatus.CANCELLED),
        ("5", "4", VenueStatus.REJECTED),
        ("a", "0", VenueStatus.LIVE),
        ("b", "3", VenueStatus.LIVE),
        ("c", "3", VenueStatus.LIVE),
    ],
)
def test_each_pair_of_letters_has_its_status(letter: str, submit: str, status: VenueStatus) -> None:
    assert status_of(letter, submit) is status


def test_a_refusal_of_the_exchange_carries_its_words() -> None:
    account = Account().work()
    account.trader.send(account.order())
    account.front.call(
        "OnRtnOrder", **order_row(OrderStatus="5", OrderSubmitStatus="4", OrderSysID="", StatusMsg="已撤单:资金不足")
    )
    report = account.orders()[0]
    assert (report.client_order_id, report.status, report.reason) == ("o1", VenueStatus.REJECTED, "已撤单:资金不足")


def test_a_refusal_of_ctp_ends_the_order_once() -> None:
    account = Account().work()
    account.trader.send(account.order())
    fields, number = account.front.last("ReqOrderInsert")
    account.front.call("OnRspOrderInsert", error=(31, "资金不足"), request=number, **fields)
    account.front.call("OnErrRtnOrderInsert", error=(31, "资金不足"), **fields)
    failed = [report for report in account.said if isinstance(report, SendFailed)]
    assert [(each.client_order_id, each.outcome, each.code) for each in failed] == [
        ("o1", SendOutcome.REFUSED, "ctp_31")
    ]


def test_another_programs_refusal_under_the_same_reference_is_not_ours() -> None:
    account = Account().work()
    account.trader.send(account.order())
    account.front.call("OnErrRtnOrderInsert", error=(31, "资金不足"), OrderRef="8", RequestID=999, ExchangeID="CFFEX")
    assert account.said == []
    assert account.trader.link().counts["refusal_of_others"] == 1


def test_a_call_that_found_no_network_leaves_the_order_in_doubt() -> None:
    account = Account().work()
    account.front.codes["ReqOrderInsert"] = [-1]
    account.trader.send(account.order())
    account.pass_time()
    failed = account.said[-1]
    assert isinstance(failed, SendFailed)
    assert (failed.outcome, failed.code) == (SendOutcome.UNKNOWN, "ctp_-1")


@pytest.mark.parametrize("code", [-2, -3])
def test_a_call_that_was_too_much_is_a_refusal_and_the_next_orders_wait(code: int) -> None:
    account = Account().work()
    account.front.codes["ReqOrderInsert"] = [code]
    account.trader.send(account.order())
    account.pass_time()
    failed = account.said[-1]
    assert isinstance(failed, SendFailed)
    assert failed.outcome is SendOutcome.REFUSED
    assert account.trader.send(account.order("o2")) is SendOutcome.BUSY
    account.pass_time(1.1)
    assert account.trader.send(account.order("o3")) is SendOutcome.SENT


def test_no_more_messages_go_in_a_second_than_the_front_takes() -> None:
    account = Account()
    account.front.limits["FTDPkgFreq"] = 3
    account.work()
    outcomes = [account.trader.send(account.order(f"o{number}")) for number in range(5)]
    assert outcomes == [SendOutcome.SENT] * 3 + [SendOutcome.BUSY] * 2
    assert (account.trader.link().flow_limit, account.trader.link().flow_used) == (3, 3)
    account.pass_time(1.1)
    assert account.trader.send(account.order("o9")) is SendOutcome.SENT


def test_what_was_not_answered_when_the_child_died_is_in_doubt_and_the_rest_is_not() -> None:
    account = Account().work()
    account.trader.send(account.order("o1"))
    account.front.call("OnRtnOrder", **order_row())
    account.trader.send(account.order("o2"))
    account.trader.child_gone("signal 9")
    doubts = [report for report in account.said if isinstance(report, SendFailed)]
    assert [(each.client_order_id, each.outcome) for each in doubts] == [("o2", SendOutcome.UNKNOWN)]


def test_a_cancel_names_the_exchanges_number_as_it_came() -> None:
    account = Account().work()
    order = account.order()
    account.trader.send(order)
    account.front.call("OnRtnOrder", **order_row())
    assert account.trader.cancel(replace(order, order_id="4711")) is SendOutcome.SENT
    fields, _ = account.front.last("ReqOrderAction")
    assert (fields["OrderSysID"], fields["ExchangeID"], fields["ActionFlag"]) == ("        4711", "CFFEX", "0")
    assert "OrderRef" not in fields


def test_a_cancel_of_what_has_no_number_yet_names_our_reference() -> None:
    account = Account().work()
    order = account.order()
    account.trader.send(order)
    account.trader.cancel(order)
    fields, _ = account.front.last("ReqOrderAction")
    assert (fields["FrontID"], fields["SessionID"], fields["OrderRef"]) == (1, 100, "8")


def test_a_refused_cancel_is_told_once() -> None:
    account = Account().work()
    order = account.order()
    account.trader.send(order)
    account.front.call("OnRtnOrder", **order_row())
    account.trader.cancel(replace(order, order_id="4711"))
    fields, number = account.front.last("ReqOrderAction")
    account.front.call("OnRspOrderAction", error=(26, "报单已全成交或已撤销"), request=number, **fields)
    account.front.call("OnErrRtnOrderAction", error=(26, "报单已全成交或已撤销"), RequestID=number, **fields)
    failed = [report for report in account.said if isinstance(report, CancelFailed)]
    assert [(each.client_order_id, each.code) for each in failed] == [("o1", "ctp_26")]


def test_a_trade_may_come_before_its_order_and_twice() -> None:
    account = Account().work()
    account.trader.send(account.order())
    account.front.call("OnRtnTrade", **trade_row())
    account.front.call("OnRtnOrder", **order_row(OrderStatus="1", VolumeTraded=1))
    account.front.call("OnRtnTrade", **trade_row())
    fills = account.fills()
    assert [(fill.fill_id, fill.order_id, fill.quantity, fill.price) for fill in fills] == [
        ("1", "4711", 1, Decimal("5230.0"))
    ]


def test_both_sides_of_a_self_trade_are_two_fills() -> None:
    account = Account().work()
    account.front.call("OnRtnTrade", **trade_row())
    account.front.call("OnRtnTrade", **trade_row(Direction="1"))
    assert len(account.fills()) == 2


def test_an_order_of_another_program_is_shown_as_nobodys_and_counted() -> None:
    account = Account().work()
    account.front.call("OnRtnOrder", **order_row("8", SessionID=7))
    account.front.call("OnRtnTrade", **trade_row())
    assert account.orders()[0].client_order_id == ""
    link = account.trader.link()
    assert (link.external_orders, link.external_fills) == (1, 1)


def test_an_order_of_an_earlier_life_is_known_by_the_reference_in_the_journal() -> None:
    account = Account()
    account.trader.know([replace(account.order(), broker_ref="1.99.5")])
    account.work()
    account.front.call("OnRtnOrder", **order_row("5", SessionID=99))
    account.front.call("OnRtnTrade", **trade_row())
    assert account.orders()[0].client_order_id == "o1"
    assert account.fills()[0].client_order_id == "o1"


@given(order=st.permutations(["a", "3", "trade 1", "1", "trade 2", "0"]), again=st.integers(0, 5))
def test_in_whatever_order_returns_come_the_lots_are_counted_once(order: list[str], again: int) -> None:
    account = Account().work()
    account.trader.send(account.order(request_quantity=2))
    for what in [*order, order[again]]:
        if what.startswith("trade"):
            account.front.call("OnRtnTrade", **trade_row(what[-1]))
        else:
            number = "" if what == "a" else "        4711"
            account.front.call("OnRtnOrder", **order_row(OrderStatus=what, OrderSysID=number))
    assert sorted(fill.fill_id for fill in account.fills()) == ["1", "2"]
    assert {report.client_order_id for report in account.orders()} == {"o1"}


@pytest.mark.parametrize("missing", ["Direction", "OrderStatus", "InvestorID", "TradingDay"])
def test_a_return_that_cannot_be_read_is_counted_and_harms_nothing(missing: str) -> None:
    account = Account().work()
    row = order_row()
    del row[missing]
    account.front.call("OnRtnOrder", **row)
    account.front.call("OnRtnOrder", **order_row("8", OrderSysID="4712", InvestorID="u2"))
    account.front.call("OnRtnOrder", **order_row())
    assert len(account.orders()) == 1
    counts = account.trader.link().counts
    assert (counts["malformed"], counts["other_investor"]) == (1, 1)


def test_a_whole_answer_tells_all_orders_and_trades_of_the_day() -> None:
    account = Account().work()
    account.front.rows["ReqQryOrder"] = [order_row(), order_row("9", OrderSysID="4712")]
    account.front.rows["ReqQryTrade"] = [trade_row()]
    days: list[DayAnswer | None] = []
    account.trader.ask_day(days.append)
    account.pass_time(4)
    assert days[0] is not None
    reports = account.trader.day_reports(days[0])
    assert reports is not None
    orders, fills = reports
    assert ([order.order_id for order in orders], [fill.fill_id for fill in fills]) == (["4711", "4712"], ["1"])


def test_an_answer_that_a_lost_connection_cut_in_two_is_none() -> None:
    account = Account().work()
    account.front.is_silent.add("ReqQryTrade")
    days: list[object] = []
    account.trader.ask_day(days.append)
    account.pass_time(4)
    assert account.front.names()[-1] == "ReqQryTrade"
    account.reconnect()
    assert days == [None]


def test_pages_of_one_query_are_one_answer_and_a_late_one_of_another_is_not_in_it() -> None:
    account = Account().work()
    account.front.is_silent.add("ReqQryOrder")
    results: list[QueryResult] = []
    account.trader.queries.ask("ReqQryOrder", {}, results.append)
    account.pass_time(2)
    number = account.front.last("ReqQryOrder")[1]
    account.front.hear(Returned(request_id=number, code=0))
    account.front.hear(Called(name="OnRspQryOrder", fields={"n": 1}, request_id=number, is_last=False))
    account.front.hear(Called(name="OnRspQryOrder", fields={"n": 0}, request_id=number - 1, is_last=True))
    account.front.hear(Called(name="OnRspQryOrder", fields={"n": 2}, request_id=number, is_last=True))
    assert [result.rows for result in results] == [({"n": 1}, {"n": 2})]
