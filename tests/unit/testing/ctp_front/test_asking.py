"""Queries: their limits, their rows, and how a broker's account looks through them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ctp_client import USER, Trader, released, started
from tradewind.testing.ctp_front.binding import tdapi
from tradewind.testing.ctp_front.front import CtpFronts
from tradewind.testing.ctp_front.settings import FrontSettings

WHO = {"BrokerID": "9999", "InvestorID": USER}


@pytest.fixture
def strict() -> Iterator[CtpFronts]:
    """Return fronts that let one query a second pass."""
    yield from started(CtpFronts(FrontSettings(query_rate=1)))


def _row(trader: Trader, name: str, **fields: Any) -> dict[str, Any]:
    (answer,) = trader.ask(name, **WHO, **fields)
    assert answer.fields is not None
    return answer.fields


def _rows(trader: Trader, name: str, **fields: Any) -> list[dict[str, Any]]:
    return [answer.fields for answer in trader.ask(name, **fields) if answer.fields is not None]


def test_one_query_a_second_passes_and_the_next_is_minus_3(strict: CtpFronts, tmp_path: Path) -> None:
    client = Trader(tmp_path, [strict.trading_address])
    with released(client):
        client.enter()
        client.ask("ReqQryTradingAccount", **WHO)
        assert client.send("ReqQryTradingAccount", **WHO) == -3


def test_a_query_while_another_is_under_way_is_minus_2(fronts: CtpFronts, trader: Trader) -> None:
    fronts.fail("ReqQryOrder", "ignore")
    assert trader.send("ReqQryOrder", **WHO) == 0
    assert trader.send("ReqQryTrade", **WHO) == -2


def test_the_front_tells_its_limits_after_the_login(trader: Trader, fronts: CtpFronts) -> None:
    info = tdapi.CThostFtdcFrontInfoField()
    trader.api.GetFrontInfo(info)
    assert (info.FrontAddr, info.QryFreq, info.FTDPkgFreq) == (fronts.trading_address, 1000, 0)


def test_while_the_broker_syncs_queries_are_90_and_orders_35(fronts: CtpFronts, trader: Trader) -> None:
    fronts.set_syncing(is_syncing=True)
    (answer,) = trader.ask("ReqQryInvestorPosition", **WHO)
    assert answer.error == (90, "CTP:查询未就绪，请稍后重试")
    trader.order()
    assert trader.wait("OnRspOrderInsert").error == (35, "CTP:经纪公司正在同步数据")
    fronts.set_syncing(is_syncing=False)
    assert trader.ask("ReqQryInvestorPosition", **WHO)[0].error is None


def test_an_empty_answer_is_one_callback_with_nothing_in_it(trader: Trader) -> None:
    (answer,) = trader.ask("ReqQryOrder", **WHO)
    assert (answer.fields, answer.error, answer.is_last) == (None, None, True)


def test_every_contract_is_a_row_and_the_last_says_so(fronts: CtpFronts, trader: Trader) -> None:
    answers = trader.ask("ReqQryInstrument")
    assert [answer.is_last for answer in answers] == [False] * 4 + [True]
    rows = {fields["InstrumentID"]: fields for answer in answers if (fields := answer.fields)}
    assert set(rows) == {contract.symbol for contract in fronts.contracts.all()}
    gold, meal = rows["au2506"], rows["m2509"]
    assert (gold["VolumeMultiple"], gold["PriceTick"], gold["PositionDateType"]) == (1000, 0.02, "1")
    assert (meal["ExchangeID"], meal["PositionDateType"], meal["StrikePrice"] > 1e300) == ("DCE", "2", True)


def test_the_shipped_tables_make_hundreds_of_contracts() -> None:
    fronts = CtpFronts()
    found = {contract.exchange for contract in fronts.contracts.all()}
    assert found == {"SHFE", "INE", "DCE", "CZCE", "CFFEX", "GFEX"}
    assert len(fronts.contracts.all()) > 500


def test_shfe_shows_todays_and_yesterdays_lots_in_two_rows(fronts: CtpFronts, trader: Trader) -> None:
    _hold_overnight(fronts, trader)
    trader.order(LimitPrice=722.02)
    trader.wait("OnRtnTrade", 2)
    rows = _rows(trader, "ReqQryInvestorPosition", **WHO)
    shown = [(row["PositionDate"], row["Position"], row.get("TodayPosition", 0), row.get("YdPosition")) for row in rows]
    assert shown == [("2", 2, 0, 2), ("1", 1, 1, None)]
    assert rows[0]["PositionCost"] == 721.0 * 1000 * 2
    assert rows[0]["OpenCost"] == 720.02 * 1000 * 2


def test_dce_shows_both_days_in_one_row(fronts: CtpFronts, trader: Trader) -> None:
    fronts.quote("m2509", 2800)
    meal = {"InstrumentID": "m2509", "ExchangeID": "DCE", "LimitPrice": 2801.0}
    trader.order(**meal)
    trader.wait("OnRtnTrade")
    _next_day(fronts, trader, {"m2509": 2800})
    fronts.quote("m2509", 2800)
    trader.order(**meal)
    trader.wait("OnRtnTrade", 2)
    (row,) = _rows(trader, "ReqQryInvestorPosition", **WHO)
    assert (row["PositionDate"], row["Position"], row["TodayPosition"]) == ("1", 2, 1)


def test_the_account_is_balance_less_margin_less_what_orders_freeze(fronts: CtpFronts, trader: Trader) -> None:
    fronts.quote("au2506", 720)
    fronts.move_money(500)
    trader.order(LimitPrice=720.02, VolumeTotalOriginal=2)
    trader.wait("OnRtnTrade")
    trader.order(LimitPrice=700.0)
    trader.wait("OnRtnOrder", 7)
    fronts.quote("au2506", 721)
    row = _row(trader, "ReqQryTradingAccount")
    assert row["PositionProfit"] == pytest.approx((721 - 720.02) * 2000)
    assert row["Balance"] == pytest.approx(10_000_000 + 500 + row["PositionProfit"] - row["Commission"])
    assert row["Available"] == pytest.approx(
        row["Balance"] - row["CurrMargin"] - row["FrozenMargin"] - row["FrozenCommission"]
    )
    assert row["Deposit"] == 500


def test_margin_rates_come_by_contract_and_commission_by_product(trader: Trader) -> None:
    margin = _row(trader, "ReqQryInstrumentMarginRate", InstrumentID="au2506", HedgeFlag="1")
    commission = _row(trader, "ReqQryInstrumentCommissionRate", InstrumentID="au2506")
    assert (margin["InstrumentID"], margin["LongMarginRatioByMoney"]) == ("au2506", 0.14)
    assert commission["InstrumentID"] == "au"


def test_margin_rates_of_everything_are_those_of_what_is_held(fronts: CtpFronts, trader: Trader) -> None:
    assert _rows(trader, "ReqQryInstrumentMarginRate", **WHO) == []
    fronts.quote("au2506", 720)
    trader.order(LimitPrice=720.02)
    trader.wait("OnRtnTrade")
    assert [row["InstrumentID"] for row in _rows(trader, "ReqQryInstrumentMarginRate", **WHO)] == ["au2506"]


def test_orders_and_trades_of_the_day_can_be_asked_for(fronts: CtpFronts, trader: Trader) -> None:
    fronts.quote("au2506", 720)
    trader.order(LimitPrice=720.02)
    trader.wait("OnRtnTrade")
    order, trade = _row(trader, "ReqQryOrder"), _row(trader, "ReqQryTrade")
    assert order == trader.orders()[-1]
    assert trade == trader.of("OnRtnTrade")[0].fields
    assert _rows(trader, "ReqQryOrder", InstrumentID="rb2510") == []


@pytest.mark.parametrize(
    "name",
    [
        "ReqQryBrokerTradingParams", "ReqQryInvestor", "ReqQryTradingCode", "ReqQryExchange", "ReqQryProduct",
        "ReqQryProductGroup", "ReqQrySettlementInfoConfirm",
    ],
)  # fmt: skip
def test_the_rest_of_what_a_gateway_asks_is_answered(name: str, trader: Trader) -> None:
    assert _rows(trader, name)


def test_a_query_that_is_not_simulated_is_answered_empty(trader: Trader) -> None:
    assert _rows(trader, "ReqQryNotice") == []


def test_a_request_that_is_not_simulated_is_refused(trader: Trader) -> None:
    trader.send("ReqQuoteInsert")
    assert trader.wait("OnRspError").error == (9, "CTP:无此权限")


def test_a_test_can_answer_a_query_itself(fronts: CtpFronts, trader: Trader) -> None:
    fronts.queries.extra["ReqQryTradingAccount"] = [{"AccountID": "7", "Balance": 1.0}]
    assert _row(trader, "ReqQryTradingAccount") == {"AccountID": "7", "Balance": 1.0}


def _hold_overnight(fronts: CtpFronts, trader: Trader) -> None:
    fronts.quote("au2506", 720)
    trader.order(LimitPrice=720.02, VolumeTotalOriginal=2)
    trader.wait("OnRtnTrade")
    _next_day(fronts, trader, {"au2506": 721})
    fronts.quote("au2506", 722)


def _next_day(fronts: CtpFronts, trader: Trader, prices: dict[str, Any]) -> None:
    fronts.settle(prices)
    fronts.begin_day(20250402)
    trader.wait("OnFrontConnected", 2)
    trader.enter_again()
