"""What the gateway makes of what its services answer, or do not."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from private_ports import free_port
from tradewind.api.ports import InstanceView
from tradewind.bus.settings import BusSettings
from tradewind.runtime.desk.settings import TradingSettings
from tradewind.runtime.gateway.health import GatewayHealth, ask, gateway_health, judge, read_answer
from tradewind.runtime.gateway.places import Place, places_of
from tradewind.runtime.gateway.settings import GatewaySettings
from tradewind.runtime.settings import TradewindSettings


@contextlib.asynccontextmanager
async def answering(answer: bytes, *, asked: list[bytes] | None = None) -> AsyncIterator[int]:
    """Run a server that gives this answer to whatever comes; an empty one is none at all."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        if asked is not None:
            asked.append(request)
        if answer:
            writer.write(answer)
            writer.close()
        else:
            await reader.read()
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def http(status: int, body: bytes) -> bytes:
    return b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body)


def make_view(service: str, *, is_healthy: bool, address: str = "h:1") -> InstanceView:
    return InstanceView(service, address, "running" if is_healthy else "down", is_healthy, "" if is_healthy else "gone")


async def test_a_service_that_says_ok_is_running() -> None:
    asked: list[bytes] = []
    async with answering(http(200, b'{"status":"ok"}'), asked=asked) as port:
        view = await ask(Place("api", "127.0.0.1", port), timeout_s=2)

    assert (view.state, view.is_healthy, view.reason) == ("running", True, "")
    assert view.took_ms is not None
    assert asked[0].startswith(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n" % port)


@pytest.mark.parametrize(
    ("answer", "state", "reason"),
    [
        (http(503, b'{"status":"degraded","reason":"no Redis"}'), "degraded", "no Redis"),
        (http(200, b'{"status":"standby"}'), "standby", "standby"),
        (http(500, b"<html>"), "failed", "answers 500 to /health"),
        (b"+PONG\r\n\r\n", "foreign", "another program answers there: b'+PONG\\r\\n\\r\\n'"),
        (b"SSH-2.0", "foreign", "another program answers there: b'SSH-2.0'"),
        (b"HTTP/1.1 OK\r\n\r\n", "foreign", "another program answers there: b'HTTP/1.1 OK\\r\\n\\r\\n'"),
    ],
)
async def test_what_is_not_well_says_why(answer: bytes, state: str, reason: str) -> None:
    async with answering(answer) as port:
        view = await ask(Place("push", "127.0.0.1", port), timeout_s=2)

    assert (view.state, view.is_healthy, view.reason) == (state, False, reason)


async def test_one_that_never_answers_is_silent_after_its_time() -> None:
    async with answering(b"") as port:
        view = await ask(Place("push", "127.0.0.1", port), timeout_s=0.05)

    assert (view.state, view.reason) == ("silent", "no answer within 0.05 s")


async def test_where_nothing_listens_the_service_is_down() -> None:
    view = await ask(Place("push", "127.0.0.1", free_port()), timeout_s=2)

    assert (view.state, view.reason) == ("down", "nothing listens there; is it started?")


def test_one_that_keeps_its_health_from_strangers_is_running() -> None:
    assert read_answer(401, b"{}") == ("running", True, "answers 401 to /health")


def test_all_well_is_ok() -> None:
    report = judge([make_view("api", is_healthy=True), make_view("push", is_healthy=True)])

    assert (report.status, [view.state for view in report.services]) == ("ok", ["running", "running"])


def test_a_lost_instance_reduces_its_service() -> None:
    report = judge([make_view("push", is_healthy=True), make_view("push", is_healthy=False, address="h:2")])

    (push,) = report.services
    assert (report.status, push.state, push.is_healthy, push.last_error) == ("reduced", "reduced", True, "h:2: gone")


def test_a_service_without_a_well_instance_degrades_the_whole() -> None:
    report = judge([make_view("push", is_healthy=True), make_view("api", is_healthy=False)])

    assert report.status == "degraded"
    assert [view.is_healthy for view in report.services] == [True, False]


async def test_many_who_ask_at_once_share_one_round_and_its_answer_is_kept() -> None:
    asked: list[bytes] = []
    now_s = 0.0
    async with answering(http(200, b"{}"), asked=asked) as port:
        health = GatewayHealth([Place("api", "127.0.0.1", port)], timeout_s=2, kept_s=0.5, now_s=lambda: now_s)
        await asyncio.gather(*(health.report() for _ in range(20)))
        await health.report()
        assert len(asked) == 1

        now_s = 1.0
        await health.report()

    assert len(asked) == 2


def test_places_are_the_rooms_and_then_the_edges() -> None:
    gateway = GatewaySettings(rooms=("market=127.0.0.1:8201",), api=("a:1", "b:2"), push=("[::1]:3",), enabled=True)
    settings = TradewindSettings(gateway=gateway)

    assert [(place.service, place.address) for place in places_of(settings)] == [
        ("market", "127.0.0.1:8201"),
        ("api", "a:1"),
        ("api", "b:2"),
        ("push", "[::1]:3"),
    ]
    assert gateway_health(settings) is not None
    assert gateway_health(TradewindSettings()) is None


def test_where_services_run_apart_the_rooms_are_asked_at_their_health_doors() -> None:
    settings = TradewindSettings(bus=BusSettings(kind="redis"), rooms=("features",))

    assert [(place.service, place.address) for place in places_of(settings)] == [
        ("market", "127.0.0.1:8201"),
        ("features", "127.0.0.1:8202"),
        ("trading", "127.0.0.1:8209"),
        ("api", "127.0.0.1:8000"),
        ("push", "127.0.0.1:8100"),
        ("quotes", "127.0.0.1:5502"),
    ]


def test_where_nobody_trades_no_order_line_is_asked_for_its_health() -> None:
    settings = TradewindSettings(bus=BusSettings(kind="redis"), trading=TradingSettings(enabled=False))

    assert "trading" not in {place.service for place in places_of(settings)}
