"""Connecting as CTP's library does it: refused, silent, closing fronts, heartbeats, lists, flow files."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ctp_client import Trader, Viewer, released
from private_ports import free_port
from tradewind.kernel.clock import monotonic_s
from tradewind.testing.ctp_front.binding import tdapi
from tradewind.testing.ctp_front.front import CtpFronts

from waiting import wait_until


def test_a_front_that_refuses_is_passed_over_without_a_word(fronts: CtpFronts, tmp_path: Path) -> None:
    client = Trader(tmp_path, [f"tcp://127.0.0.1:{free_port()}", fronts.trading_address])
    with released(client):
        client.start()
        client.wait("OnFrontConnected")
        assert client.names() == ["OnFrontConnected"]


def test_before_a_connection_nothing_can_be_sent_and_the_day_is_of_1980(tmp_path: Path) -> None:
    client = Trader(tmp_path, [f"tcp://127.0.0.1:{free_port()}"])
    with released(client):
        client.start()
        assert client.send("ReqUserLogin", UserID="1") == -1
        assert client.api.GetTradingDay() == "19800100"


def test_a_front_that_accepts_and_closes_is_tried_again_for_ever(fronts: CtpFronts, tmp_path: Path) -> None:
    fronts.set_mood("closing")
    client = Trader(tmp_path, [fronts.trading_address])
    with released(client):
        client.start()
        client.wait("OnFrontDisconnected", 3)
        assert {(heard.name, heard.number) for heard in client.heard} == {("OnFrontDisconnected", 0x1001)}
        fronts.set_mood("open")
        client.wait("OnFrontConnected")


def test_a_silent_front_warns_after_61_seconds_and_ends_after_121(fronts: CtpFronts, tmp_path: Path) -> None:
    fronts.set_mood("silent")
    client = Trader(tmp_path, [fronts.trading_address])
    begin = monotonic_s()
    with released(client):
        client.start()
        client.wait("OnFrontDisconnected")
        passed = (monotonic_s() - begin) * 100
    assert [(heard.name, heard.number) for heard in client.heard] == [
        ("OnHeartBeatWarning", 61),
        ("OnFrontDisconnected", 0x2001),
    ]
    assert passed >= 121


def test_a_session_whose_front_falls_silent_is_ended_the_same_way(fronts: CtpFronts, trader: Trader) -> None:
    fronts.mute()
    assert trader.wait("OnHeartBeatWarning").number == 61
    assert trader.wait("OnFrontDisconnected").number == 0x2001
    trader.wait("OnFrontConnected", 2)


def test_heartbeats_keep_an_idle_session(fronts: CtpFronts, trader: Trader) -> None:
    begin = monotonic_s()
    fronts.quote("au2506", 720)
    wait_until(lambda: (monotonic_s() - begin) * 100 > 150)
    assert "OnHeartBeatWarning" not in trader.names()


def test_a_maintenance_break_ends_sessions_and_refuses_until_it_is_over(fronts: CtpFronts, trader: Trader) -> None:
    fronts.stop()
    assert trader.wait("OnFrontDisconnected").number == 0x1001
    assert trader.send("ReqQryOrder", BrokerID="9999") == -1
    fronts.start()
    trader.wait("OnFrontConnected", 2)
    trader.enter_again()


@pytest.mark.parametrize("mischief", ["cut_before", "ignore"])
def test_the_greeting_itself_can_fail(mischief: str, fronts: CtpFronts, tmp_path: Path) -> None:
    fronts.fail("hello", mischief)  # type: ignore[arg-type]
    client = Trader(tmp_path, [fronts.trading_address])
    with released(client):
        client.start()
        if mischief == "cut_before":
            client.wait("OnFrontDisconnected")
        else:
            wait_until(lambda: fronts.faults.met["hello"] == 1)
            fronts.disconnect()
        client.wait("OnFrontConnected")


@pytest.mark.parametrize("request_name", ["ReqAuthenticate", "ReqUserLogin", "ReqSettlementInfoConfirm"])
@pytest.mark.parametrize("mischief", ["cut_before", "cut_unanswered", "cut_after"])
def test_every_step_of_the_way_in_can_be_cut(
    request_name: str, mischief: str, fronts: CtpFronts, another: Callable[..., Trader]
) -> None:
    fronts.fail(request_name, mischief)  # type: ignore[arg-type]
    client = another()
    client.start()
    client.wait("OnFrontConnected")
    steps = {
        "ReqAuthenticate": {
            "BrokerID": "9999",
            "UserID": "210001",
            "AppID": "simnow_client_test",
            "AuthCode": "0" * 16,
        },
        "ReqUserLogin": {"BrokerID": "9999", "UserID": "210001", "Password": "front-password"},
        "ReqSettlementInfoConfirm": {"BrokerID": "9999", "InvestorID": "210001"},
    }
    for name, fields in steps.items():
        client.send(name, **fields)
        if name == request_name:
            break
        client.wait(f"OnRsp{name.removeprefix('Req')}")
    client.wait("OnFrontDisconnected")
    answered = len(client.of(f"OnRsp{request_name.removeprefix('Req')}"))
    assert answered == (1 if mischief == "cut_after" else 0)
    client.wait("OnFrontConnected", 2)
    client.enter_again()


def test_flow_files_lie_under_the_prefix(trader: Trader, viewer: Viewer, tmp_path: Path) -> None:
    found = {path.name for path in tmp_path.glob("*.con")}
    assert found == {f"{name}.con" for name in ("DialogRsp", "QueryRsp", "TradingDay", "Private", "Public")}
    assert "Private.con" not in {path.name for path in (tmp_path / "market").glob("*.con")}
    assert (trader.api.GetTradingDay(), viewer.api.GetTradingDay()) == ("20250401", "20250401")


def test_the_production_flag_is_taken_and_documented() -> None:
    import inspect

    create = tdapi.CThostFtdcTraderApi.CreateFtdcTraderApi
    assert "bIsProductionMode" in inspect.signature(create).parameters


_CRASHES = {
    "no folder": "tdapi.CThostFtdcTraderApi.CreateFtdcTraderApi('/nowhere/at/all/')",
    "a collected Spi": (
        "api = tdapi.CThostFtdcTraderApi.CreateFtdcTraderApi('{flow}/'); "
        "api.RegisterSpi(tdapi.CThostFtdcTraderSpi()); api.Init()"
    ),
    "a second Init": (
        "api = tdapi.CThostFtdcTraderApi.CreateFtdcTraderApi('{flow}/'); "
        "api.RegisterFront('tcp://127.0.0.1:1'); api.Init(); api.Init()"
    ),
}


@pytest.mark.process
@pytest.mark.parametrize("why", _CRASHES)
def test_what_kills_the_true_library_kills_this_one_too_and_says_why(why: str, tmp_path: Path) -> None:
    program = f"from tradewind.testing.ctp_front.binding import tdapi; {_CRASHES[why].format(flow=tmp_path)}"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == -11
    assert {"no folder": "CFlow", "a collected Spi": "collected", "a second Init": "twice"}[why] in ended.stderr
