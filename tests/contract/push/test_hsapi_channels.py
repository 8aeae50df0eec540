"""The channels of system 004 over real sockets, spoken by a plain client (C-004-1)."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest
import websockets

from portfolio_builders import GOLD, INDEX
from push_serving import Serving, hear, serving
from statistics_builders import make_funds, make_position, make_summary
from tradewind.bus.desk_topics import ACCOUNT_FIGURES, ORDER_STATISTICS, POSITION_FIGURES, POSITION_GROUPS
from tradewind.bus.desk_topics import TRADE_STATISTICS as TRADES
from tradewind.bus.hsapi_forms import CHANNELS
from tradewind.domain.order import Side
from tradewind.domain.statistics import OrderStatistic, PositionFigures, TradeStatistic

from builders import make_tick

TRADE = TradeStatistic(
    "a1", "p1", "s1", GOLD, Side.BUY, 20260105, 1, 2, Decimal(1_200_000), Decimal(600), Decimal(20), 1, 1
)
ORDER = OrderStatistic("a1", "p1", "s1", GOLD, Side.SELL, 1, 2, 0, 2, Decimal("120000.10"), 1, 1)


def rows() -> tuple[PositionFigures, Any, list[Any]]:
    """Return a position, its account's funds, and its groups."""
    summary = make_summary()
    summary.place(make_position(), 0)
    summary.fund(make_funds())
    groups = [summary.groups.row(key, version=1, ts_event=1_000_000) for key in summary.groups.cells]
    return next(iter(summary.positions.values())), summary.accounts["a1", ""], groups


def publish_all(server: Serving) -> None:
    """Put a row on every topic behind the channels."""
    position, funds, groups = rows()
    server.bus.publisher(POSITION_FIGURES)(position)
    server.bus.publisher(ACCOUNT_FIGURES)(funds)
    server.bus.publisher(TRADES)(TRADE)
    server.bus.publisher(ORDER_STATISTICS)(ORDER)
    for group in groups:
        server.bus.publisher(POSITION_GROUPS)(group)
    server.tick(make_tick())


@pytest.mark.parametrize("channel", sorted(set(CHANNELS) - {"chat"}))
@pytest.mark.parametrize("slash", ["/", ""])
async def test_a_channel_opens_with_all_there_is(channel: str, slash: str) -> None:
    async with serving() as server:
        publish_all(server)
        async with server.connect(f"/hsapi/ws/{channel}{slash}") as client:
            message = json.loads(await client.recv())
    assert (message["type"], message["channel"]) == ("snapshot", channel)
    assert all("c_instrument_id" in row for row in message["data"]) or channel in {"acc", "pos_group_statistic"}
    assert message["data"]


async def test_a_position_is_told_with_delta_and_value_as_exact_numbers() -> None:
    async with serving() as server:
        publish_all(server)
        async with server.connect("/hsapi/ws/pos/") as client:
            text = await client.recv()
    (row,) = json.loads(text, parse_float=Decimal)["data"]
    assert (row["c_instrument_id"], row["c_exchange_id"], row["product_code"]) == ("au2604", "SHFE", "p1")
    assert (row["delta_lots"], row["delta"], row["delta_value"], row["market_value"]) == (2, 2000, 1220000, 1220000)


async def test_only_what_changed_follows_and_a_closed_position_is_told_once() -> None:
    async with serving(hsapi_interval_ms=20) as server:
        publish_all(server)
        position, _, _ = rows()
        tell = server.bus.publisher(POSITION_FIGURES)
        async with server.connect("/hsapi/ws/pos/") as client:
            await hear(client, "snapshot")
            tell(msgspec.structs.replace(position, version=2, quantity=1))
            assert [row["current_position"] for row in (await hear(client, "update"))["data"]] == [1]
            tell(msgspec.structs.replace(position, version=3, quantity=0))
            assert [row["current_position"] for row in (await hear(client, "update"))["data"]] == [0]
        async with server.connect("/hsapi/ws/pos/") as newcomer:
            assert (await hear(newcomer, "snapshot"))["data"] == []


async def test_quotes_can_be_narrowed_to_contracts_by_symbol_or_id() -> None:
    async with serving() as server:
        for instrument_id in (GOLD, INDEX, "m2605.DCE"):
            server.tick(make_tick(instrument_id=instrument_id))
        async with server.connect("/hsapi/ws/stock/") as client:
            assert len((await hear(client, "snapshot"))["data"]) == 3
            await client.send(json.dumps({"action": "subscribe", "instruments": ["au2604", INDEX]}))
            told = (await hear(client, "snapshot"))["data"]
    assert {row["c_instrument_id"] for row in told} == {"au2604", "IF2603"}


async def test_a_product_filter_lets_only_its_rows_through() -> None:
    async with serving(hsapi_interval_ms=20) as server:
        tell = server.bus.publisher(TRADES)
        tell(TRADE)
        tell(msgspec.structs.replace(TRADE, product_code="p2"))
        async with server.connect("/hsapi/ws/trade_statistic/") as client:
            await hear(client, "snapshot")
            await client.send(json.dumps({"action": "subscribe", "products": ["p2"]}))
            assert [row["product_code"] for row in (await hear(client, "snapshot"))["data"]] == ["p2"]
            tell(msgspec.structs.replace(TRADE, version=2, fills=9))
            tell(msgspec.structs.replace(TRADE, version=2, fills=5, product_code="p2"))
            assert [row["trade_count"] for row in (await hear(client, "update"))["data"]] == [5]


async def test_a_ping_is_answered_and_nonsense_is_told_what_is_allowed() -> None:
    async with serving() as server, server.connect("/hsapi/ws/acc/") as client:
        await client.send('{"action":"ping"}')
        assert (await hear(client, "pong"))["channel"] == "acc"
        await client.send('{"action":"shout"}')
        refused = await hear(client, "error")
        assert (refused["code"], "action" in refused["allowed"]) == ("bad_command", True)
        await client.send("{")
        assert (await hear(client, "error"))["code"] == "bad_json"
        await client.send('{"action":"ping"}')
        await hear(client, "pong")
    assert server.metrics.push_commands_refused.counts == {"bad_command": 1, "bad_json": 1}


async def test_a_channel_nobody_publishes_on_says_so_and_stays_open() -> None:
    async with serving() as server, server.connect("/hsapi/ws/chat/") as client:
        if "chat" not in server.service._hub.feeds:
            assert (await hear(client, "error"))["code"] == "unavailable"
        await client.send('{"action":"ping"}')
        await hear(client, "pong")


async def test_without_proof_a_channel_is_shut() -> None:
    async with serving() as server:
        with pytest.raises(websockets.InvalidStatus) as refused:
            await server.connect("/hsapi/ws/pos/", additional_headers={})
    assert refused.value.response.status_code == 401


async def test_a_client_that_reads_nothing_gets_the_newest_of_each_row_and_no_queue() -> None:
    """It is parked while its socket is full; what it missed is one value a contract, however many there were."""
    async with (
        serving(hsapi_interval_ms=20, socket_bytes=4_096, queued_bytes=65_536) as server,
        server.connect("/hsapi/ws/stock/", max_queue=1) as client,
    ):
        await hear(client, "snapshot")
        for seq in range(2, 402):
            for number in range(100):
                server.tick(make_tick(instrument_id=f"a{number:04}.DCE", seq=seq, last_price=5000.0 + seq))
            if not seq % 10:
                await asyncio.sleep(0.02)
        newest: dict[str, float] = {}
        while len(newest) < 100 or set(newest.values()) != {5401.0}:
            for row in (await hear(client, "update"))["data"]:
                newest[row["c_instrument_id"]] = row["last_price"]
        assert server.metrics.push_dropped.counts["conflated"] > 0
