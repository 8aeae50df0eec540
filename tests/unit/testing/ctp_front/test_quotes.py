"""Depth ticks as each exchange sends them, and who gets them."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import pytest

from ctp_client import Trader, Viewer
from tradewind.testing.ctp_front.binding import mdapi
from tradewind.testing.ctp_front.feed import recorded, simulated
from tradewind.testing.ctp_front.front import CtpFronts

NIGHT = "2025-03-31 21:30:00.500"
PRICES = {"au2506": 720, "rb2510": 3200, "m2509": 2800, "SR509": 5900, "IF2504": 3900}


def _tick(fronts: CtpFronts, viewer: Viewer, symbol: str) -> dict[str, Any]:
    viewer.subscribe(symbol)
    fronts.quote(symbol, PRICES[symbol], lots=3)
    viewer.wait("OnRtnDepthMarketData")
    return viewer.ticks()[-1]


def test_subscribing_is_answered_contract_by_contract(viewer: Viewer) -> None:
    viewer.subscribe("au2506", "nothing")
    first, second = viewer.of("OnRspSubMarketData")
    assert (first.error, first.is_last) == ((0, "正确"), False)
    assert (second.error, second.is_last) == ((16, "CTP:找不到合约"), True)


def test_symbols_are_bytes_in_this_call_alone(viewer: Viewer) -> None:
    with pytest.raises(TypeError):
        viewer.api.SubscribeMarketData(["au2506"], 1)


def test_only_what_is_subscribed_comes(fronts: CtpFronts, viewer: Viewer) -> None:
    viewer.subscribe("au2506")
    fronts.quote("rb2510", 3200)
    fronts.quote("au2506", 720)
    viewer.wait("OnRtnDepthMarketData")
    assert [tick["InstrumentID"] for tick in viewer.ticks()] == ["au2506"]
    viewer.api.UnSubscribeMarketData([b"au2506"], 1)
    viewer.wait("OnRspUnSubMarketData")
    fronts.quote("au2506", 721)
    assert fronts.market.sent == 1


def test_a_new_subscriber_gets_the_last_tick_however_old(fronts: CtpFronts, viewer: Viewer) -> None:
    fronts.stand_at("2025-04-01 07:17:00")
    fronts.quote("au2506", 720)
    fronts.stand_at("2025-04-01 09:30:00")
    viewer.subscribe("au2506")
    viewer.wait("OnRtnDepthMarketData")
    assert viewer.ticks()[0]["UpdateTime"] == "07:17:00"


def test_subscriptions_are_lost_with_the_connection(fronts: CtpFronts, viewer: Viewer) -> None:
    viewer.subscribe("au2506")
    fronts.disconnect()
    viewer.wait("OnFrontConnected", 2)
    fronts.quote("au2506", 720)
    assert fronts.market.sent == 0
    viewer.send("ReqUserLogin")
    viewer.wait("OnRspUserLogin", 2)
    viewer.subscribe("au2506")
    viewer.wait("OnRtnDepthMarketData")


def test_prices_that_are_not_there_are_the_largest_double(fronts: CtpFronts, viewer: Viewer) -> None:
    viewer.subscribe("au2506")
    fronts.quote("au2506", bid_lots=0)
    viewer.wait("OnRtnDepthMarketData")
    tick = viewer.ticks()[0]
    for name in ("OpenPrice", "LastPrice", "BidPrice1", "BidPrice2", "ClosePrice", "SettlementPrice"):
        assert tick[name] == 1.7976931348623157e308


def test_volume_and_turnover_grow_over_the_day(fronts: CtpFronts, viewer: Viewer) -> None:
    _tick(fronts, viewer, "au2506")
    fronts.quote("au2506", 722, lots=2)
    viewer.wait("OnRtnDepthMarketData", 2)
    tick = viewer.ticks()[-1]
    assert (tick["Volume"], tick["Turnover"]) == (5, 720_000.0 * 3 + 722_000.0 * 2)
    assert tick["AveragePrice"] == pytest.approx(720.8 * 1000)
    assert "ExchangeID" not in tick


def test_czce_counts_turnover_without_the_multiplier_and_knows_no_milliseconds(
    fronts: CtpFronts, viewer: Viewer
) -> None:
    tick = _tick(fronts, viewer, "SR509")
    assert (tick["Turnover"], tick["AveragePrice"]) == (5900.0 * 3, 5900.0)
    assert "UpdateMillisec" not in tick


@pytest.mark.parametrize(
    ("symbol", "trading_day", "action_day"),
    [
        ("au2506", "20250401", "20250331"),
        ("m2509", "20250401", "20250401"),
        ("SR509", "20250331", "20250331"),
    ],
)
def test_days_at_night_are_what_each_exchange_makes_of_them(
    symbol: str, trading_day: str, action_day: str, fronts: CtpFronts, viewer: Viewer
) -> None:
    fronts.stand_at(NIGHT)
    tick = _tick(fronts, viewer, symbol)
    assert (tick["TradingDay"], tick["ActionDay"]) == (trading_day, action_day)


def test_the_memory_of_a_tick_is_ctps_own(fronts: CtpFronts, tmp_path: Path) -> None:
    """The 584 bytes lie where `int(tick.this)` says."""
    copied: list[bytes] = []

    class Spi(mdapi.CThostFtdcMdSpi):  # type: ignore[misc]
        def OnRtnDepthMarketData(self, tick: Any) -> None:  # noqa: N802
            copied.append(ctypes.string_at(int(tick.this), 584))

    folder = tmp_path / "raw"
    folder.mkdir()
    client = Viewer(folder, [fronts.market_address])
    client.spi = Spi()
    tick = mdapi.CThostFtdcDepthMarketDataField()
    client.api.RegisterSpi(client.spi)
    tick.LastPrice, tick.InstrumentID = 720.0, "au2506"
    client.api._call("OnRtnDepthMarketData", tick)
    assert copied[0][401:407] == b"au2506"
    assert copied[0][80:88] == bytes(ctypes.c_double(720.0))


def test_a_struct_kept_after_its_callback_holds_nonsense(fronts: CtpFronts, trader: Trader) -> None:
    kept: list[Any] = []
    trader.spi.__class__.OnRtnOrder = lambda _self, order: kept.append((order, order.OrderRef))
    fronts.quote("au2506", 720)
    trader.order(LimitPrice=720.02)
    trader.wait("OnRtnTrade")
    order, reference = kept[0]
    assert reference == "1           "
    assert order.OrderRef != reference


def test_an_exception_in_a_callback_is_printed_and_the_next_one_comes(
    fronts: CtpFronts, trader: Trader, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_self: object, _order: object) -> None:
        message = "no good"
        raise ValueError(message)

    trader.spi.__class__.OnRtnOrder = fail
    fronts.quote("au2506", 720)
    trader.order(LimitPrice=720.02)
    trader.wait("OnRtnTrade")
    assert "no good" in capsys.readouterr().err


def test_the_simulated_market_can_be_sent(fronts: CtpFronts, viewer: Viewer) -> None:
    ticks = simulated(("au2604.SHFE",), fronts.clock.now_ns())
    fronts.take(next(ticks))
    viewer.subscribe("au2604")
    for _ in range(3):
        fronts.take(next(ticks))
    viewer.wait("OnRtnDepthMarketData", 4)
    assert all(tick["AskPrice1"] > tick["BidPrice1"] for tick in viewer.ticks())


@pytest.mark.data
def test_a_recording_can_be_sent(fronts: CtpFronts, viewer: Viewer, data_dir: Path) -> None:
    ticks = recorded(data_dir / "futures_tick" / "CFFEX.IF2101_20210104.parquet")
    first = next(ticks)
    fronts.take(first)
    viewer.subscribe("IF2101")
    viewer.wait("OnRtnDepthMarketData")
    tick = viewer.ticks()[0]
    assert (tick["Volume"], tick["Turnover"]) == (first[5], first[6])
