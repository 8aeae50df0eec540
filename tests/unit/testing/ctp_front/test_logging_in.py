"""Who gets in, who does not, and what the session is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ctp_client import USER, Trader
from tradewind.testing.ctp_front.front import CtpFronts


@pytest.fixture
def connected(another: Callable[..., Trader]) -> Trader:
    client = another()
    client.start()
    client.wait("OnFrontConnected")
    return client


def test_a_wrong_authentication_code_is_63(connected: Trader) -> None:
    assert connected.authenticate("1" * 16).error == (63, "CTP:客户端认证失败")


def test_a_login_without_authentication_is_64(connected: Trader) -> None:
    assert connected.log_in().error == (64, "CTP:客户端未认证")


def test_a_wrong_password_is_3_and_after_three_of_them_the_right_one_is_75(connected: Trader) -> None:
    connected.authenticate()
    codes = [error[0] for _ in range(3) if (error := connected.log_in("wrong").error) is not None]
    assert codes == [3, 3, 3]
    assert connected.log_in().error == (75, "CTP:连续登录失败次数超限，登录被禁止")


def test_a_login_tells_session_day_and_the_greatest_reference(trader: Trader) -> None:
    fields = trader.of("OnRspUserLogin")[0].fields
    assert fields is not None
    assert (fields["TradingDay"], fields["FrontID"], fields["MaxOrderRef"]) == ("20250401", 1, "0")
    assert fields["SHFETime"] == "09:30:00"


def test_each_connection_has_a_session_id_of_its_own_and_references_go_on(fronts: CtpFronts, trader: Trader) -> None:
    fronts.quote("au2506", 720)
    trader.order(OrderRef="7", LimitPrice=700.0)
    trader.wait("OnRtnOrder", 3)
    fronts.disconnect()
    trader.wait("OnFrontConnected", 2)
    trader.enter_again()
    first, second = (heard.fields or {} for heard in trader.of("OnRspUserLogin"))
    assert first["SessionID"] != second["SessionID"]
    assert second["MaxOrderRef"] == "7"


def test_more_sessions_than_allowed_are_60(fronts: CtpFronts, trader: Trader, another: Callable[..., Trader]) -> None:
    fronts.state.sessions[USER] = 6
    client = another()
    client.start()
    client.wait("OnFrontConnected")
    client.authenticate()
    assert client.log_in().error == (60, "CTP:用户在线会话超出上限")
    assert trader.names().count("OnFrontDisconnected") == 0


@pytest.mark.parametrize("code", [131, 140, 141, 49])
def test_any_code_can_be_the_answer_to_a_login(code: int, fronts: CtpFronts, connected: Trader) -> None:
    connected.authenticate()
    fronts.fail("ReqUserLogin", "refuse", code=code)
    error = connected.log_in().error
    assert error is not None
    assert error[0] == code
    assert connected.log_in().error == (0, "正确")


def test_a_password_can_be_changed(connected: Trader) -> None:
    connected.authenticate()
    connected.log_in()
    old, new = "front-password", "another-password"
    connected.send("ReqUserPasswordUpdate", BrokerID="9999", UserID=USER, OldPassword=old, NewPassword=new)
    assert connected.wait("OnRspUserPasswordUpdate").error == (0, "正确")
    assert connected.log_in(old).error == (3, "CTP:不合法的登录")
    assert connected.log_in(new).error == (0, "正确")


def test_orders_before_the_settlement_is_confirmed_are_42(connected: Trader) -> None:
    connected.authenticate()
    connected.log_in()
    connected.order()
    assert connected.wait("OnRspOrderInsert").error == (42, "CTP:结算结果未确认")
    assert connected.wait("OnErrRtnOrderInsert").error == (42, "CTP:结算结果未确认")


def test_orders_and_queries_before_the_login_are_6(connected: Trader) -> None:
    connected.order()
    assert connected.wait("OnRspOrderInsert").error == (6, "CTP:还没有登录")
    (answer,) = connected.ask("ReqQryOrder", BrokerID="9999")
    assert (answer.name, answer.error) == ("OnRspError", (6, "CTP:还没有登录"))


def test_after_a_logout_the_session_may_do_nothing(trader: Trader) -> None:
    trader.send("ReqUserLogout", BrokerID="9999", UserID=USER)
    trader.wait("OnRspUserLogout")
    trader.order()
    assert trader.wait("OnRspOrderInsert").error == (6, "CTP:还没有登录")


def _two(fronts: CtpFronts, trader: Trader) -> None:
    fronts.quote("au2506", 720)
    trader.order(LimitPrice=720.02)
    trader.wait("OnRtnTrade")
    trader.order(LimitPrice=700.0)
    trader.wait("OnRtnOrder", 7)


def _told(client: Trader) -> list[tuple[str, Any]]:
    names = ("OnRtnOrder", "OnRtnTrade")
    return [(heard.name, (heard.fields or {})["OrderRef"].strip()) for heard in client.heard if heard.name in names]


def test_restart_tells_the_whole_day_again(fronts: CtpFronts, trader: Trader, another: Callable[..., Trader]) -> None:
    _two(fronts, trader)
    client = another(mode=0)
    client.enter()
    client.wait("OnRtnOrder", 7)
    assert _told(client) == _told(trader)


def test_quick_tells_only_what_comes_after_the_login(
    fronts: CtpFronts, trader: Trader, another: Callable[..., Trader]
) -> None:
    _two(fronts, trader)
    client = another(mode=2)
    client.enter()
    fronts.fill("2")
    client.wait("OnRtnTrade")
    assert _told(client) == [("OnRtnOrder", "2"), ("OnRtnTrade", "2")]


def test_resume_goes_on_where_the_flow_file_ends(
    fronts: CtpFronts, trader: Trader, another: Callable[..., Trader]
) -> None:
    first = another(mode=1, folder="resumed")
    first.enter()
    _two(fronts, trader)
    first.wait("OnRtnOrder", 7)
    first.api.Release()
    fronts.fill("2")
    second = another(mode=1, folder="resumed")
    second.enter()
    second.wait("OnRtnTrade")
    assert _told(second) == [("OnRtnOrder", "2"), ("OnRtnTrade", "2")]


def test_resume_without_its_file_is_restart(fronts: CtpFronts, trader: Trader, another: Callable[..., Trader]) -> None:
    _two(fronts, trader)
    client = another(mode=1, folder="empty")
    client.enter()
    client.wait("OnRtnOrder", 7)
    assert _told(client) == _told(trader)


def test_answers_and_returns_come_on_threads_of_their_own(fronts: CtpFronts, trader: Trader) -> None:
    _two(fronts, trader)
    threads = {heard.name: heard.thread for heard in trader.heard}
    assert threads["OnRspUserLogin"] != threads["OnRtnOrder"]


def test_an_order_of_nothing_is_a_bad_field(trader: Trader) -> None:
    trader.order(VolumeTotalOriginal=0)
    assert trader.wait("OnRspOrderInsert").error == (15, "CTP:报单字段有误")
