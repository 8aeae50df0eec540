"""Days of an account: settlement, the statement's text, the roll, expiry, nights."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ctp_client import USER, Trader, Viewer
from tradewind.errors import InputError
from tradewind.testing.ctp_front.front import CtpFronts

WHO = {"BrokerID": "9999", "InvestorID": USER}
INDEX = {"InstrumentID": "IF2504", "ExchangeID": "CFFEX"}


def _next(fronts: CtpFronts, trader: Trader, day: int, **prices: Any) -> None:
    count = len(trader.of("OnFrontConnected"))
    fronts.settle(prices)
    fronts.begin_day(day)
    trader.wait("OnFrontConnected", count + 1)
    trader.enter_again()


def _done(fronts: CtpFronts, trader: Trader, price: float, lots: int, **changes: Any) -> None:
    count = len(trader.of("OnRtnTrade"))
    trader.order(LimitPrice=price, VolumeTotalOriginal=lots, **changes)
    fronts_price = Decimal(str(price))
    reference = str(trader.references)
    trader.wait("OnRtnOrder")
    _fill(fronts, reference, fronts_price)
    trader.wait("OnRtnTrade", count + 1)


def _fill(fronts: CtpFronts, reference: str, price: Decimal) -> None:
    from waiting import wait_until

    def stands() -> bool:
        with fronts.lock:
            return any(order.reference == reference for order in fronts.investor().orders)

    wait_until(stands)
    fronts.fill(reference, None, price)


@pytest.mark.parametrize(("today_first", "pnl"), [(False, 15_000), (True, 7_500)])
def test_the_golden_day_of_close_profit(today_first: bool, pnl: int, fronts: CtpFronts, trader: Trader) -> None:  # noqa: FBT001
    """Ten lots at 1 500 from yesterday, eight bought at 1 505, five sold at 1 510, settled at 1 515."""
    fronts.contracts.change("IF2504", closes_today_first=today_first, is_larger_side_only=False)
    fronts.market.open_at("IF2504", 1500)
    _done(fronts, trader, 1500.0, 10, **INDEX)
    _next(fronts, trader, 20250402, IF2504=1500)
    _done(fronts, trader, 1505.0, 8, **INDEX)
    _done(fronts, trader, 1510.0, 5, **INDEX, Direction="1", CombOffsetFlag="1")
    fronts.settle({"IF2504": 1515})
    investor = fronts.investor()
    assert investor.books.money.close_pnl == pnl
    assert investor.books.money.close_pnl + investor.position_pnl() == 61_500


def test_the_statement_comes_in_pieces_cut_in_the_middle_of_characters(fronts: CtpFronts, trader: Trader) -> None:
    fronts.investor().name = "测a" * 500
    _next(fronts, trader, 20250402)
    rows = [answer.fields or {} for answer in trader.ask("ReqQrySettlementInfo", **WHO)]
    pieces = [row["Content"] for row in rows]
    assert [row["SequenceNo"] for row in rows] == list(range(1, len(rows) + 1))
    assert {len(piece) for piece in pieces[:-1]} == {500}
    assert b"".join(pieces).decode("gb18030") == fronts.investor().statements["20250401"]
    with pytest.raises(UnicodeDecodeError):
        "".join(piece.decode("gb18030") for piece in pieces)


def test_the_statement_has_the_sections_that_brokers_send(fronts: CtpFronts, trader: Trader) -> None:
    fronts.quote("au2506", 720)
    fronts.move_money(1000)
    trader.order(LimitPrice=720.02, VolumeTotalOriginal=2)
    trader.wait("OnRtnTrade")
    trader.order(Direction="1", CombOffsetFlag="3", LimitPrice=719.98)
    trader.wait("OnRtnTrade", 2)
    fronts.settle({"au2506": 721})
    text = fronts.investor().statements["20250401"]
    at = [text.index(title) for title in ("资金状况", "出入金明细", "成交记录", "平仓明细", "持仓明细", "持仓汇总")]
    assert at == sorted(at)
    rows = [line for line in text.split("\r\n") if line.startswith("|") and "au2506" in line]
    assert len(rows) == 5
    assert "721.000" in rows[-1]


def test_a_statement_of_a_day_without_trades_has_only_its_funds(fronts: CtpFronts) -> None:
    fronts.settle()
    text = fronts.investor().statements["20250401"]
    assert "资金状况" in text
    assert "成交记录" not in text


def test_columns_line_up_where_letters_are_two_wide(fronts: CtpFronts, trader: Trader) -> None:
    fronts.quote("au2506", 720)
    trader.order(LimitPrice=720.02)
    trader.wait("OnRtnTrade")
    fronts.settle()
    lines = fronts.investor().statements["20250401"].split("\r\n")
    table = [line for line in lines[lines.index(next(line for line in lines if "成交记录" in line)) :] if "|" in line]
    bars = {tuple(at for at, byte in enumerate(line.encode("gb18030")) if byte == ord("|")) for line in table[:4]}
    assert len(bars) == 1


def test_the_day_rolls_balances_prices_and_references(fronts: CtpFronts, trader: Trader) -> None:
    fronts.quote("au2506", 720)
    trader.order(LimitPrice=720.02)
    trader.wait("OnRtnTrade")
    _next(fronts, trader, 20250402, au2506=721)
    balance = 10_000_000 + Decimal("0.98") * 1000 - fronts.contracts.require("au2506").fees[1]
    assert fronts.investor().books.money.pre_balance == balance
    assert fronts.market.quote_of("au2506").pre_settlement == 721
    assert fronts.investor().position_pnl() == 0
    assert trader.api.GetTradingDay() == "20250402"
    assert trader.of("OnRspUserLogin")[-1].fields["MaxOrderRef"] == "0"  # type: ignore[index]


def test_a_new_day_must_be_confirmed_anew(fronts: CtpFronts, trader: Trader) -> None:
    fronts.settle()
    fronts.begin_day(20250402)
    trader.wait("OnFrontConnected", 2)
    trader.authenticate()
    trader.log_in()
    trader.order(OrderRef="1")
    assert trader.wait("OnRspOrderInsert").error == (42, "CTP:结算结果未确认")


def test_standing_orders_end_with_the_day(fronts: CtpFronts, trader: Trader) -> None:
    fronts.quote("au2506", 720)
    trader.order(LimitPrice=719.0)
    trader.wait("OnRtnOrder", 3)
    fronts.settle()
    trader.wait("OnRtnOrder", 4)
    assert trader.statuses() == "aa35"


def test_a_contract_is_gone_after_its_last_day(fronts: CtpFronts, trader: Trader) -> None:
    fronts.contracts.change("rb2510", expire_date=20250401)
    fronts.quote("rb2510", 3200)
    trader.order(InstrumentID="rb2510", LimitPrice=3201.0)
    trader.wait("OnRtnTrade")
    _next(fronts, trader, 20250402, rb2510=3200)
    assert fronts.investor().books.lots == []
    trader.order(InstrumentID="rb2510", LimitPrice=3201.0)
    assert trader.wait("OnRspOrderInsert").error == (16, "CTP:找不到合约")


def test_lots_need_no_margin_once_their_last_day_is_settled(fronts: CtpFronts) -> None:
    fronts.contracts.change("rb2510", expire_date=20250401)
    fronts.quote("rb2510", 3200)
    fronts.fill(fronts.place_elsewhere("rb2510").reference)
    assert fronts.investor().margin() > 0
    fronts.settle({"rb2510": 3200})
    assert fronts.investor().margin() == 0


@pytest.mark.parametrize("day", [20250401, 20250331])
def test_days_only_go_on(day: int, fronts: CtpFronts) -> None:
    fronts.settle()
    with pytest.raises(InputError, match="must be after 20250401"):
        fronts.begin_day(day)


def test_a_day_cannot_begin_before_the_last_is_settled(fronts: CtpFronts) -> None:
    with pytest.raises(InputError, match="not settled"):
        fronts.begin_day(20250402)


def test_settlement_prices_come_in_two_ticks_after_the_close(fronts: CtpFronts, viewer: Viewer) -> None:
    viewer.subscribe("au2506")
    fronts.quote("au2506", 720)
    fronts.stand_at("2025-04-01 15:31:00")
    fronts.settle({"au2506": 721})
    viewer.wait("OnRtnDepthMarketData", 3)
    assert [tick["SettlementPrice"] for tick in viewer.ticks()[1:]] == [721.0, 721.0]
    assert viewer.ticks()[0]["SettlementPrice"] > 1e300


def test_a_settlement_price_nobody_named_is_the_days_average(fronts: CtpFronts) -> None:
    fronts.quote("au2506", 720, lots=1)
    fronts.quote("au2506", 721, lots=2)
    assert fronts.settle()["au2506"] == Decimal("720.66")


def test_outside_its_hours_a_contract_refuses_where_hours_are_kept() -> None:
    fronts = CtpFronts(keeps_hours=True)
    fronts.stand_at("2025-04-01 16:00:00")
    fronts.place_elsewhere("au2506")
    assert "当前状态禁止此项操作" in fronts.order("1").fields["StatusMsg"]
    fronts.stand_at("2025-04-01 21:30:00")
    fronts.place_elsewhere("au2506")
    assert fronts.order("2").fields["OrderStatus"] == "3"
