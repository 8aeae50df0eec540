"""Lives of orders: told as CTP tells them, in any order, refused by either side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ctp_client import USER, Trader
from tradewind.testing.ctp_front.front import CtpFronts


@pytest.fixture(autouse=True)
def _gold(fronts: CtpFronts) -> None:
    fronts.quote("au2506", 720)


def _cancel(trader: Trader, order: dict[str, Any], **changes: Any) -> None:
    key = {name: order[name] for name in ("ExchangeID", "OrderSysID", "InstrumentID")}
    trader.send("ReqOrderAction", **{"BrokerID": "9999", "InvestorID": USER, "ActionFlag": "0", **key, **changes})


def _bought(trader: Trader, lots: int = 1, **changes: Any) -> None:
    count = len(trader.of("OnRtnTrade"))
    trader.order(LimitPrice=720.02, VolumeTotalOriginal=lots, **changes)
    trader.wait("OnRtnTrade", count + 1)


def test_a_standing_order_is_told_three_times(trader: Trader) -> None:
    trader.order(LimitPrice=719.0)
    trader.wait("OnRtnOrder", 3)
    first, second, third = trader.orders()
    assert (first["OrderStatus"], first.get("OrderSysID")) == ("a", None)
    assert (second["OrderStatus"], second["OrderSysID"].strip()) == ("a", "1")
    assert (third["OrderStatus"], third["OrderSubmitStatus"], third["StatusMsg"]) == ("3", "3", "未成交")


def test_references_and_numbers_come_back_filled_up_with_blanks(trader: Trader) -> None:
    _bought(trader)
    order, trade = trader.orders()[-1], trader.of("OnRtnTrade")[0].fields or {}
    assert order["OrderRef"] == "1           "
    assert order["OrderSysID"] == trade["OrderSysID"] == "           1"
    assert trade["TradeID"] == "           2"


def test_what_the_book_shows_is_taken_at_once_and_the_rest_stands(fronts: CtpFronts, trader: Trader) -> None:
    fronts.quote("au2506", 720, ask_lots=2)
    trader.order(LimitPrice=720.02, VolumeTotalOriginal=5)
    trader.wait("OnRtnTrade")
    assert trader.statuses() == "aa31"
    assert (trader.orders()[-1]["VolumeTraded"], trader.orders()[-1]["VolumeTotal"]) == (2, 3)
    fronts.quote("au2506", 720, lots=0, ask_lots=10)
    trader.wait("OnRtnTrade", 2)
    assert trader.statuses() == "aa310"


def test_a_cancel_by_the_exchanges_number_ends_it(trader: Trader) -> None:
    trader.order(LimitPrice=719.0)
    trader.wait("OnRtnOrder", 3)
    _cancel(trader, trader.orders()[-1])
    trader.wait("OnRtnOrder", 4)
    assert (trader.statuses(), trader.orders()[-1]["StatusMsg"]) == ("aa35", "已撤单")
    assert "OnRspOrderAction" not in trader.names()


def test_the_exchanges_number_must_be_sent_back_as_it_came(trader: Trader) -> None:
    trader.order(LimitPrice=719.0)
    trader.wait("OnRtnOrder", 3)
    _cancel(trader, trader.orders()[-1], OrderSysID="1")
    assert trader.wait("OnRspOrderAction").error == (25, "CTP:撤单找不到相应报单")


def test_front_session_and_reference_name_an_order_in_its_own_session_alone(fronts: CtpFronts, trader: Trader) -> None:
    trader.order(LimitPrice=719.0)
    trader.wait("OnRtnOrder", 3)
    order = trader.orders()[-1]
    key = {name: order[name] for name in ("FrontID", "SessionID", "OrderRef")} | {"OrderSysID": ""}
    fronts.disconnect()
    trader.wait("OnFrontConnected", 2)
    trader.enter_again()
    _cancel(trader, order, **key)
    assert trader.wait("OnRspOrderAction").error == (25, "CTP:撤单找不到相应报单")
    trader.order(LimitPrice=719.0)
    trader.wait("OnRtnOrder", 9)
    order = trader.orders()[-1]
    key = {name: order[name] for name in ("FrontID", "SessionID", "OrderRef")} | {"OrderSysID": ""}
    _cancel(trader, order, **key)
    trader.wait("OnRtnOrder", 10)
    assert trader.orders()[-1]["OrderStatus"] == "5"


def test_a_cancel_of_what_is_over_is_26(trader: Trader) -> None:
    _bought(trader)
    _cancel(trader, trader.orders()[-1])
    assert trader.wait("OnRspOrderAction").error == (26, "CTP:报单已全成交或已撤销，不能再撤")
    assert trader.wait("OnErrRtnOrderAction").error == (26, "CTP:报单已全成交或已撤销，不能再撤")


def test_the_exchange_can_refuse_a_cancel(fronts: CtpFronts, trader: Trader) -> None:
    trader.order(LimitPrice=719.0)
    trader.wait("OnRtnOrder", 3)
    fronts.refuse_next_cancel("集合竞价期间不能撤单")
    _cancel(trader, trader.orders()[-1])
    assert trader.wait("OnErrRtnOrderAction").error == (91, "集合竞价期间不能撤单")
    assert trader.statuses() == "aa3"


def test_the_exchange_refuses_with_status_5_and_submit_status_4(fronts: CtpFronts, trader: Trader) -> None:
    fronts.refuse_next_order("该合约停牌")
    trader.order()
    trader.wait("OnErrRtnOrderInsert")
    refused = trader.orders()[-1]
    assert (refused["OrderStatus"], refused["OrderSubmitStatus"]) == ("5", "4")
    assert refused["StatusMsg"] == "已撤单报单被拒绝SHFE:该合约停牌"
    assert refused.get("OrderSysID") is None
    assert "OnRspOrderInsert" not in trader.names()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"LimitPrice": 720.01}, "最小变动价位"),
        ({"LimitPrice": 792.02}, "涨停板"),
        ({"LimitPrice": 647.98}, "跌停板"),
        ({"OrderPriceType": "1", "LimitPrice": 0.0}, "交易所不支持的价格类型"),
        ({"VolumeTotalOriginal": 501, "LimitPrice": 648.0, "Direction": "1"}, ""),
    ],
)
def test_what_the_exchange_checks(changes: dict[str, Any], why: str, fronts: CtpFronts, trader: Trader) -> None:
    fronts.move_money(10**9)
    trader.order(**changes)
    trader.wait("OnErrRtnOrderInsert")
    assert trader.orders()[-1]["OrderSubmitStatus"] == "4"
    assert why in trader.orders()[-1]["StatusMsg"]


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        (15, {"CombHedgeFlag": ""}),
        (15, {"Direction": "9"}),
        (15, {"OrderRef": "x1"}),
        (16, {"InstrumentID": "au9999"}),
        (16, {"ExchangeID": "INE"}),
        (22, {"OrderRef": "0"}),
        (31, {"VolumeTotalOriginal": 499}),
        (50, {"CombOffsetFlag": "3", "Direction": "1"}),
        (51, {"CombOffsetFlag": "1", "Direction": "1"}),
        (51, {"CombOffsetFlag": "4", "Direction": "1"}),
        (30, {"CombOffsetFlag": "1", "InstrumentID": "m2509", "ExchangeID": "DCE", "LimitPrice": 4000.0}),
    ],
)
def test_what_ctp_refuses_is_an_answer_and_a_return_and_no_order(
    code: int, changes: dict[str, Any], trader: Trader
) -> None:
    trader.order(**changes)
    answered, told = trader.wait("OnRspOrderInsert"), trader.wait("OnErrRtnOrderInsert")
    assert answered.error == told.error
    assert answered.error is not None
    assert answered.error[0] == code
    assert trader.orders() == []


def test_a_reference_counts_once_in_a_day(trader: Trader) -> None:
    trader.order(OrderRef="5", LimitPrice=719.0)
    trader.wait("OnRtnOrder", 3)
    trader.order(OrderRef="5", LimitPrice=719.0)
    assert trader.wait("OnRspOrderInsert").error == (22, "CTP:不允许重复报单")


def test_todays_lots_on_shfe_close_as_today_only(trader: Trader) -> None:
    _bought(trader)
    trader.order(Direction="1", CombOffsetFlag="1", LimitPrice=719.98)
    assert trader.wait("OnRspOrderInsert").error == (51, "CTP:平昨仓位不足")
    trader.order(Direction="1", CombOffsetFlag="3", LimitPrice=719.98)
    trader.wait("OnRtnTrade", 2)
    assert trader.ask("ReqQryInvestorPosition", BrokerID="9999", InvestorID=USER)[0].fields is None


def test_lots_in_a_standing_close_cannot_be_closed_again(trader: Trader) -> None:
    _bought(trader)
    trader.order(Direction="1", CombOffsetFlag="3", LimitPrice=730.0)
    trader.wait("OnRtnOrder", 7)
    trader.order(Direction="1", CombOffsetFlag="3", LimitPrice=730.0)
    assert trader.wait("OnRspOrderInsert").error == (50, "CTP:平今仓位不足")


def test_fak_takes_what_is_there_and_the_rest_is_cancelled(fronts: CtpFronts, trader: Trader) -> None:
    fronts.quote("au2506", 720, ask_lots=2)
    trader.order(LimitPrice=720.02, VolumeTotalOriginal=5, TimeCondition="1")
    trader.wait("OnRtnOrder", 5)
    assert trader.statuses() == "aa315"


def test_fok_takes_all_or_nothing(fronts: CtpFronts, trader: Trader) -> None:
    fronts.quote("au2506", 720, ask_lots=2)
    trader.order(LimitPrice=720.02, VolumeTotalOriginal=5, TimeCondition="1", VolumeCondition="3")
    trader.wait("OnRtnOrder", 4)
    assert trader.statuses() == "aa35"


def test_trades_can_come_before_the_orders_they_belong_to(fronts: CtpFronts, trader: Trader) -> None:
    fronts.set_shape("trades_first")
    _bought(trader)
    trader.wait("OnRtnOrder", 4)
    assert [name for name in trader.names() if name.startswith("OnRtn")] == ["OnRtnTrade", *["OnRtnOrder"] * 4]


def test_returns_can_come_twice_and_backwards(fronts: CtpFronts, trader: Trader) -> None:
    fronts.set_shape("twice")
    trader.order(LimitPrice=719.0)
    trader.wait("OnRtnOrder", 6)
    assert trader.statuses() == "aaaa33"
    fronts.set_shape("reversed")
    trader.order(LimitPrice=719.0)
    trader.wait("OnRtnOrder", 9)
    assert trader.statuses()[6:] == "3aa"


def test_an_order_can_reach_the_exchange_although_its_answer_never_comes(fronts: CtpFronts, trader: Trader) -> None:
    fronts.fail("ReqOrderInsert", "cut_unanswered")
    trader.order(LimitPrice=719.0)
    trader.wait("OnFrontDisconnected")
    assert trader.orders() == []
    trader.wait("OnFrontConnected", 2)
    trader.enter_again()
    trader.wait("OnRtnOrder", 3)
    assert len(fronts.desk.received) == 1


def test_an_order_can_be_lost_on_the_way(fronts: CtpFronts, trader: Trader) -> None:
    fronts.fail("ReqOrderInsert", "cut_before")
    trader.order()
    trader.wait("OnFrontDisconnected")
    assert fronts.desk.received == []


def test_the_exchange_can_keep_an_order_waiting(fronts: CtpFronts, trader: Trader) -> None:
    fronts.settings = fronts.desk._settings = _slow(fronts)
    trader.order(LimitPrice=719.0)
    trader.wait("OnRtnOrder")
    with fronts.lock:
        fronts.desk.accept(fronts.order("1"))
    trader.wait("OnRtnOrder", 3)
    assert trader.statuses() == "aa3"


def test_the_exchange_can_cancel_by_itself(fronts: CtpFronts, trader: Trader) -> None:
    trader.order(LimitPrice=719.0)
    trader.wait("OnRtnOrder", 3)
    with fronts.lock:
        fronts.desk.kick_out(fronts.order("1"))
    trader.wait("OnRtnOrder", 4)
    assert trader.orders()[-1]["StatusMsg"] == "交易所撤单"


def test_orders_of_another_terminal_are_told_too(fronts: CtpFronts, trader: Trader) -> None:
    fronts.place_elsewhere("au2506", LimitPrice=719.0)
    trader.wait("OnRtnOrder", 3)
    fronts.fill("1")
    trader.wait("OnRtnTrade")
    assert (trader.orders()[0]["FrontID"], trader.orders()[0]["SessionID"]) == (9, 9_000_001)


def test_any_code_can_be_the_answer_to_an_order(fronts: CtpFronts, trader: Trader) -> None:
    for count, code in enumerate((28, 29, 35, 106, 116), start=1):
        fronts.fail("ReqOrderInsert", "refuse", code=code)
        trader.order()
        error = trader.wait("OnRspOrderInsert", count).error
        assert error is not None
        assert error[0] == code


def test_more_orders_a_second_than_the_session_may_send_wait_unsaid(
    fronts: CtpFronts, another: Callable[..., Trader]
) -> None:
    import msgspec

    fronts.state.settings = msgspec.structs.replace(fronts.settings, order_rate=2)
    client = another()
    client.enter()
    for _ in range(3):
        client.order(LimitPrice=719.0)
    client.wait("OnRtnOrder", 9)
    assert fronts.state.requests["waited"] == 1
    assert "OnRspOrderInsert" not in client.names()


def _slow(fronts: CtpFronts) -> Any:
    import msgspec

    return msgspec.structs.replace(fronts.settings, exchange_accepts=False)
