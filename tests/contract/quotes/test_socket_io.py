"""C-000-4, C-000-6, C-000-8: the real socket.io-client against the quotes port, by every transport it knows."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from node_clients import Clients
from quotes_builders import AU2512, IF2101, QuotesWorld, serving_quotes
from tradewind.domain.tick import TickFlag

from builders import make_tick
from waiting import eventually

TRANSPORTS = [["polling", "websocket"], ["websocket"], ["polling"]]
by_every_transport = pytest.mark.parametrize("transports", TRANSPORTS, ids="-then-".join)


async def subscribed(clients: Clients, world: QuotesWorld, name: str, *args: object, **options: object) -> None:
    """Connect, subscribe, and wait until both are answered."""
    await clients.connected(name, world.url, **options)
    clients.emit(name, "subscribe_market", *args)
    await clients.hears(name, "subscription_success")


@by_every_transport
async def test_a_client_is_greeted_subscribes_and_gets_each_quote(
    world: QuotesWorld, clients: Clients, transports: list[str]
) -> None:
    greeting = await clients.connected("li", world.url, transports=transports)
    assert greeting["status"] == "connected"
    clients.emit("li", "subscribe_market", "IF2101")
    answer = await clients.hears("li", "subscription_success")
    assert (answer["status"], answer["subscribers"], answer["symbols"]) == ("success", 1, [IF2101])
    world.tick(1)
    quote = await clients.hears("li", "market_data")
    assert (quote["instrument_id"], quote["last_price"], quote["is_test"]) == ("IF2101", 5230.0, False)
    clients.emit("li", "unsubscribe_market", "IF2101")
    answer = await clients.hears("li", "unsubscription_success")
    assert (answer["status"], answer["subscribers"]) == ("success", 0)
    world.tick(2)
    clients.emit("li", "get_market_status")
    await clients.hears("li", "market_status")
    assert len(clients.said("li", "market_data")) == 1
    assert clients.said("li", "error") == []


async def test_rooms_are_by_symbol_and_one_client_asks_for_everything(world: QuotesWorld, clients: Clients) -> None:
    await subscribed(clients, world, "gold", {"symbols": ["au2512"]}, transports=["websocket"])
    await subscribed(clients, world, "index", [IF2101], transports=["websocket"])
    await subscribed(clients, world, "all", transports=["websocket"])
    for seq in range(1, 21):
        world.tick(seq)
        world.tick(seq, AU2512)
    await clients.hears("all", "market_data", 40)
    await clients.hears("gold", "market_data", 20)
    await clients.hears("index", "market_data", 20)
    assert {quote["instrument"] for quote in clients.said("gold", "market_data")} == {AU2512}
    assert [quote["seq"] for quote in clients.said("index", "market_data")] == list(range(1, 21))


async def test_an_upgrade_under_way_loses_no_quote_of_record(world: QuotesWorld, clients: Clients) -> None:
    await subscribed(clients, world, "li", "IF2101", transports=["polling", "websocket"])
    for seq in range(1, 201):
        world.tick(seq)
        await asyncio.sleep(0.001)
    await clients.hears("li", "upgrade")
    world.tick(201)
    await eventually(lambda: any(quote["seq"] == 201 for quote in clients.said("li", "market_data")))
    seqs = [quote["seq"] for quote in clients.said("li", "market_data")]
    assert seqs == sorted(set(seqs))


@by_every_transport
async def test_the_status_has_000s_fields_and_the_metrics(
    world: QuotesWorld, clients: Clients, transports: list[str]
) -> None:
    await subscribed(clients, world, "li", transports=transports)
    world.tick(1)
    clients.emit("li", "get_market_status", acknowledged=True)
    status = await clients.hears("li", "market_status")
    assert await clients.hears("li", "ack") == status
    assert (status["redis_connected"], status["subscribers"]) == (True, 1)
    assert (status["thread_running"], status["thread_alive"]) == (True, True)
    assert status["messages_received"] == 1
    assert status["messages_per_second"] >= 0.0
    assert status["uptime"] >= 0.0
    assert status["active_subscribers"] == 1


async def test_asking_for_it_sends_the_newest_again(world: QuotesWorld, clients: Clients) -> None:
    await subscribed(clients, world, "li", transports=["websocket"])
    world.tick(1)
    world.tick(1, AU2512)
    await clients.hears("li", "market_data", 2)
    clients.emit("li", "trigger_manual_send")
    answer = await clients.hears("li", "manual_trigger")
    assert (answer["status"], answer["sent"]) == ("success", 2)
    assert len(clients.said("li", "market_data")) == 4


async def test_a_test_quote_reaches_the_screen_marked_and_is_announced_to_all(tmp_path: Path, clients: Clients) -> None:
    async with serving_quotes(tmp_path) as (world, http):
        await subscribed(clients, world, "li", "IF2101", transports=["websocket"])
        await clients.connected("wang", world.url, transports=["polling"])
        world.tick(1)
        report = (await http.get("/api/realtime/test")).json()
        assert (report["status"], report["data"]["is_test"]) == ("success", True)
        quote = await clients.hears("li", "market_data", 2)
        assert (quote["is_test"], quote["seq"]) == (True, 2)
        for name in ("li", "wang"):
            assert (await clients.hears(name, "test_message"))["instrument"] == IF2101


async def test_a_quote_outside_trading_hours_is_pushed_too(world: QuotesWorld, clients: Clients) -> None:
    await subscribed(clients, world, "li", transports=["websocket"])
    world.snapshot(make_tick(flags=int(TickFlag.OFF_SESSION), last_price=5231.0))
    assert (await clients.hears("li", "market_data"))["last_price"] == 5231.0


@by_every_transport
async def test_what_cannot_be_carried_out_is_answered_with_a_code_and_nothing_else_changes(
    world: QuotesWorld, clients: Clients, transports: list[str]
) -> None:
    await subscribed(clients, world, "li", ["IF2101", "nope"], transports=transports)
    assert (await clients.hears("li", "error"))["symbols"] == ["nope"]
    mistakes = [
        ('2["subscribe_market",5]', "bad_event"),
        ('2["evil"]', "unknown_event"),
        ('2["connect"]', "unknown_event"),
        ('2["unsubscribe_market","au2512"]', "not_subscribed"),
        ('2["subscribe_market","' + "a" * 20_000 + '"]', "too_large"),
        ('2["subscribe_market"', "malformed"),
        ('51-["subscribe_market",{"_placeholder":true,"num":0}]', "binary_refused"),
        ('2/admin,["subscribe_market"]', "unknown_namespace"),
    ]
    for number, (packet, code) in enumerate(mistakes, start=2):
        clients.order("raw", "li", packet=packet)
        refusal = await clients.hears("li", "error", number)
        assert (refusal["status"], refusal["code"]) == ("error", code)
        assert refusal["message"]
    world.tick(1)
    await clients.hears("li", "market_data")
    counted = world.metrics.quotes_refused.counts
    assert counted["unknown_event"] == 2
    assert sum(counted.values()) == len(mistakes) + 1


async def test_an_unknown_namespace_is_refused_as_the_client_expects(world: QuotesWorld, clients: Clients) -> None:
    clients.connect("li", f"{world.url}/admin", transports=["websocket"])
    await clients.hears("li", "connect_error")
    assert clients.said("li", "connect") == []


async def test_too_many_rooms_are_refused_and_those_there_are_stay(tmp_path: Path, clients: Clients) -> None:
    async with serving_quotes(tmp_path, rooms=2) as (world, _):
        await subscribed(clients, world, "li", ["IF2101", "au2512"], transports=["websocket"])
        clients.emit("li", "subscribe_market", "ag2512", acknowledged=True)
        assert (await clients.hears("li", "error"))["code"] == "too_many_symbols"
        assert (await clients.hears("li", "ack"))["code"] == "too_many_symbols"
        world.tick(1)
        await clients.hears("li", "market_data")


@by_every_transport
async def test_too_many_events_end_the_connection_and_only_that(
    tmp_path: Path, clients: Clients, transports: list[str]
) -> None:
    async with serving_quotes(tmp_path, events_per_minute=30) as (world, _):
        await subscribed(clients, world, "quiet", "IF2101", transports=["websocket"])
        await clients.connected("loud", world.url, transports=transports)
        for _ in range(60):
            clients.emit("loud", "get_market_status")
        await clients.hears("loud", "disconnect")
        await eventually(lambda: world.service.client_count == 1)
        world.tick(1)
        await clients.hears("quiet", "market_data")
        assert world.metrics.quotes_refused.counts == {"too_many_events": 1}


async def test_a_client_beyond_the_limit_is_told_503(tmp_path: Path, clients: Clients) -> None:
    async with serving_quotes(tmp_path, max_clients=1) as (world, http):
        await clients.connected("first", world.url, transports=["websocket"])
        clients.connect("second", world.url, transports=["polling"])
        await clients.hears("second", "connect_error")
        answer = await http.get("/socket.io/", params={"EIO": "4", "transport": "polling"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "too_many_clients")


@by_every_transport
async def test_a_client_that_goes_leaves_nothing_behind(
    world: QuotesWorld, clients: Clients, transports: list[str]
) -> None:
    await subscribed(clients, world, "li", "IF2101", transports=transports)
    clients.order("close", "li")
    await eventually(lambda: world.service.client_count == 0)
    assert world.metrics.quotes_clients.values == {"connected": 0, "subscribed": 0}


@by_every_transport
async def test_stopping_ends_every_connection_at_once(tmp_path: Path, clients: Clients, transports: list[str]) -> None:
    async with serving_quotes(tmp_path) as (world, _):
        await subscribed(clients, world, "li", transports=transports)
    await clients.hears("li", "disconnect", timeout_s=5.0)
