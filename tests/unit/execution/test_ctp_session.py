"""How an account gets to work at its CTP broker, and what each failure on the way calls for."""

from __future__ import annotations

import msgspec
import pytest

from ctp_front_by_hand import ACCOUNT, DAY, SECRET, Account, order_row, trade_row
from tradewind.ctp.messages import Failed
from tradewind.execution.ports import SendFailed, SendOutcome


def test_an_account_takes_every_step_in_order_and_then_works() -> None:
    account = Account().work()
    assert account.front.names() == [
        "ReqAuthenticate",
        "ReqUserLogin",
        "ReqQrySettlementInfoConfirm",
        "ReqQryInstrument",
        "ReqQryTradingAccount",
        "ReqQryInvestorPosition",
    ]
    assert account.works == [True]
    assert account.acts == [("broker_login", "a1", f"trading day {DAY}")]


def test_without_a_program_of_its_own_nothing_is_authenticated() -> None:
    account = Account(msgspec.structs.replace(ACCOUNT, app_id="")).work()
    assert account.front.names()[0] == "ReqUserLogin"


def test_the_password_goes_to_the_front_and_shows_nowhere() -> None:
    account = Account().work()
    assert account.front.last("ReqUserLogin")[0]["Password"] == SECRET
    assert SECRET not in repr(account.trader.link())


def test_a_statement_that_is_not_confirmed_is_confirmed_by_policy_and_put_on_record() -> None:
    account = Account()
    account.front.rows["ReqQrySettlementInfoConfirm"] = []
    account.work()
    assert account.front.names().count("ReqSettlementInfoConfirm") == 1
    assert ("settlement_confirmed", "a1", "by unseen") in account.acts


def test_a_confirmation_of_an_earlier_day_is_none() -> None:
    account = Account()
    account.front.rows["ReqQrySettlementInfoConfirm"] = [{"ConfirmDate": "20201231"}]
    account.work()
    assert "ReqSettlementInfoConfirm" in account.front.names()


def test_a_confirmation_at_night_bears_the_evening_s_date_and_holds_after_a_disconnect() -> None:
    account = Account(msgspec.structs.replace(ACCOUNT, confirmation="compared")).work()
    account.front.rows["ReqQrySettlementInfoConfirm"] = []
    account.front.login["TradingDay"] = "20210105"
    account.reconnect()
    assert account.session.is_working
    assert not account.session.is_confirmed
    account.session.confirm()
    account.pass_time()
    account.front.rows["ReqQrySettlementInfoConfirm"] = [{"ConfirmDate": str(DAY)}]
    account.reconnect(102)
    assert account.session.is_confirmed
    account.front.login["TradingDay"] = "20210106"
    account.reconnect(103)
    assert not account.session.is_confirmed


def test_a_query_that_the_child_cannot_ask_ends_at_once() -> None:
    account = Account().work()
    ended: list[str] = []
    account.front.is_silent.add("ReqQryDepth")
    account.trader.queries.ask("ReqQryDepth", {}, lambda result: ended.append(result.error))
    account.pass_time(2)
    number = account.front.last("ReqQryDepth")[1]
    assert ended == []
    account.front.hear(Failed(request_id=number, reason="no such function"))
    assert ended == ["no such function"]


def test_inquiries_that_never_end_hold_up_nothing_that_was_asked_besides() -> None:
    account = Account().work()
    answered: list[str] = []

    def again(_answer: object = None) -> None:
        account.trader.ask_day(again)

    again()
    account.pass_time(3)
    account.trader.queries.ask("ReqQryTradingAccount", {}, lambda result: answered.append(result.error))
    account.pass_time(12)
    assert answered == [""]


def test_who_asks_for_the_day_while_it_is_asked_for_shares_the_next_inquiry() -> None:
    account = Account().work()
    account.front.is_silent.add("ReqQryOrder")
    heard: list[str] = []
    for name in "abc":
        account.trader.ask_day(lambda _answer, name=name: heard.append(name))  # type: ignore[misc]
    account.pass_time(2)
    assert account.trader.queries.waiting == 0
    account.front.is_silent.clear()
    account.pass_time(30)
    assert heard == ["a", "b", "c"]
    assert account.front.names().count("ReqQryOrder") == 2


def test_where_a_person_confirms_all_is_loaded_and_no_order_goes_before() -> None:
    account = Account(msgspec.structs.replace(ACCOUNT, confirmation="compared"))
    account.front.rows["ReqQrySettlementInfoConfirm"] = []
    account.work()
    assert account.trader.send(account.order()) is SendOutcome.REFUSED
    assert isinstance(account.said[-1], SendFailed)
    assert account.said[-1].code == "ctp_42"
    account.session.confirm()
    account.pass_time()
    assert account.trader.send(account.order("o2")) is SendOutcome.SENT


def test_an_order_refused_because_of_the_statement_has_it_confirmed() -> None:
    account = Account().work()
    account.trader.send(account.order())
    number = account.front.last("ReqOrderInsert")[1]
    account.front.call("OnRspOrderInsert", error=(42, "结算结果未确认"), request=number, OrderRef="8")
    assert account.front.names()[-1] == "ReqSettlementInfoConfirm"


@pytest.mark.parametrize("error_id", [3, 63, 75, 131, 140, 141])
def test_what_more_tries_make_worse_is_never_tried_again(error_id: int) -> None:
    account = Account()
    account.front.errors["ReqUserLogin"] = [(error_id, "no")]
    account.connect()
    account.pass_time(300)
    account.front.call("OnFrontDisconnected", reason=0x1001)
    account.front.call("OnFrontConnected")
    account.pass_time(60)
    assert account.front.names().count("ReqUserLogin") == 1
    assert account.session.step == "refused"
    assert f"CTP {error_id}" in account.session.reason
    assert account.front.restarts == []


def test_a_person_lets_it_try_again() -> None:
    account = Account()
    account.front.errors["ReqAuthenticate"] = [(63, "客户端认证失败")]
    account.connect()
    account.pass_time(1)
    assert account.session.step == "refused"
    account.session.again()
    account.pass_time(15)
    assert account.session.is_working


def test_a_refusal_that_may_pass_is_tried_again_later_each_time_and_not_for_ever() -> None:
    account = Account(login_tries=3)
    account.front.errors["ReqUserLogin"] = [(7, "还没有初始化")] * 9
    account.connect()
    account.pass_time(60)
    assert account.front.names().count("ReqUserLogin") == 3
    assert account.session.step == "refused"


def test_a_query_the_front_is_not_ready_for_is_asked_again() -> None:
    account = Account()
    account.front.errors["ReqQryInstrument"] = [(90, "查询未就绪")] * 3
    account.work()
    assert account.front.names().count("ReqQryInstrument") == 4


@pytest.mark.parametrize("code", [-2, -3])
def test_a_query_that_was_too_much_is_asked_again(code: int) -> None:
    account = Account()
    account.front.codes["ReqQryTradingAccount"] = [code, code]
    account.work()
    assert account.front.names().count("ReqQryTradingAccount") == 3


def test_contracts_are_asked_for_once_a_day_not_at_every_connection() -> None:
    account = Account().work()
    account.reconnect()
    assert account.session.is_working
    assert account.front.names().count("ReqQryInstrument") == 1
    assert account.front.names().count("ReqUserLogin") == 2


def test_a_front_that_never_answers_is_said_so_and_the_library_is_made_anew() -> None:
    account = Account(login_after_s=10.0)
    account.session.starting()
    account.session.ready()
    account.pass_time(11)
    assert account.session.reason == "connecting, no answer: none of 1 fronts answers"
    account.pass_time(40)
    assert len(account.front.restarts) == 1


def test_a_login_nobody_answers_makes_the_library_anew() -> None:
    account = Account(login_after_s=5.0)
    account.front.is_silent.add("ReqUserLogin")
    account.connect()
    account.pass_time(7)
    assert len(account.front.restarts) == 1


def test_returns_wait_until_contracts_are_known() -> None:
    account = Account()
    account.front.is_silent.add("ReqQryInstrument")
    account.connect()
    account.pass_time(5)
    account.front.call("OnRtnOrder", **order_row())
    account.front.call("OnRtnTrade", **trade_row())
    assert account.said == []
    number = account.front.last("ReqQryInstrument")[1]
    account.front.call("OnRspQryInstrument", request=number, **account.front.rows["ReqQryInstrument"][0])
    assert len(account.orders()) == len(account.fills()) == 1


@pytest.mark.parametrize("phase", range(1, 7))
def test_a_connection_lost_at_any_step_begins_anew(phase: int) -> None:
    account = Account()
    steps = ["ReqAuthenticate", "ReqUserLogin", "ReqQrySettlementInfoConfirm"]
    steps += ["ReqQryInstrument", "ReqQryTradingAccount", "ReqQryInvestorPosition"]
    account.front.is_silent.add(steps[phase - 1])
    account.connect()
    account.pass_time(10)
    assert account.front.names()[-1] == steps[phase - 1]
    account.front.is_silent.clear()
    account.reconnect()
    assert account.session.is_working


def test_a_child_that_dies_is_awaited_and_logged_in_anew() -> None:
    account = Account().work()
    account.trader.child_gone("signal 9")
    assert (account.session.step, account.works) == ("starting", [True, False])
    account.work()
    assert account.works == [True, False, True]
