"""Clients that do not behave: too slow, too loud, not speaking the protocol; the others never notice."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets

from quotes_builders import IF2101, QuotesWorld, serving_quotes

from waiting import eventually

POLL = {"EIO": "4", "transport": "polling"}


def connect(world: QuotesWorld, **options: Any) -> websockets.connect:
    """Connect as a WebSocket without a Socket.IO library around it."""
    address = f"ws://127.0.0.1:{world.port}/socket.io/?EIO=4&transport=websocket"
    return websockets.connect(address, proxy=None, compression=None, **options)


async def greet(client: websockets.ClientConnection) -> None:
    """Do what a library does first."""
    await client.recv()
    await client.send("40")
    await hear(client, "connected")


async def hear(client: websockets.ClientConnection, event: str) -> Any:
    """Read packets until this event comes; return its data."""
    while True:
        packet = await asyncio.wait_for(client.recv(), 5)
        if str(packet).startswith(f'42["{event}"'):
            return json.loads(str(packet)[2:])[1]


class DeafClient:
    """A socket that subscribes and then reads nothing: what the kernel holds for it is all it will ever take."""

    def __init__(self, port: int) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        self._socket.connect(("127.0.0.1", port))
        self._socket.settimeout(0)

    async def subscribe(self, port: int) -> None:
        loop = asyncio.get_running_loop()
        handshake = (
            f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        await loop.sock_sendall(self._socket, handshake.encode())
        for text in ("40", '42["subscribe_market"]'):
            await loop.sock_recv(self._socket, 1_024)
            await loop.sock_sendall(self._socket, _masked(text))

    async def read_all(self) -> bytes:
        """Read what has been waiting, until the next quote is a while away."""
        loop = asyncio.get_running_loop()
        data = b""
        with contextlib.suppress(TimeoutError):
            while part := await asyncio.wait_for(loop.sock_recv(self._socket, 1 << 16), 0.5):
                data += part
        return data

    def close(self) -> None:
        self._socket.close()


def _masked(text: str) -> bytes:
    mask = os.urandom(4)
    body = bytes(byte ^ mask[index % 4] for index, byte in enumerate(text.encode()))
    return bytes((0x81, 0x80 | len(body))) + mask + body


async def test_a_deaf_client_gets_the_newest_when_it_reads_again_and_others_get_all(tmp_path: Path) -> None:
    async with serving_quotes(tmp_path, queued_bytes=16_384, socket_bytes=4_608) as (world, _):
        deaf = DeafClient(world.port)
        await deaf.subscribe(world.port)
        async with connect(world) as fast:
            await greet(fast)
            await fast.send('42["subscribe_market","IF2101"]')
            await hear(fast, "subscription_success")
            await eventually(lambda: world.metrics.quotes_clients.values["subscribed"] == 2)
            for seq in range(1, 1_001):
                world.tick(seq)
                assert (await hear(fast, "market_data"))["seq"] == seq
        data = await deaf.read_all()
        deaf.close()
        assert data.count(b'"market_data"') < 200
        assert b'"seq":1000}' in data[-200:]
        await eventually(lambda: world.service.client_count == 0)
        assert world.metrics.quotes_dropped.counts["conflated"] > 800


async def test_a_client_that_never_reads_is_given_up(tmp_path: Path) -> None:
    async with serving_quotes(tmp_path, queued_bytes=16_384, socket_bytes=4_608, stalled_s=0.5) as (world, _):
        deaf = DeafClient(world.port)
        await deaf.subscribe(world.port)
        await eventually(lambda: world.metrics.quotes_clients.values.get("subscribed") == 1)
        for seq in range(1, 201):
            world.tick(seq)
            await asyncio.sleep(0)
        await eventually(lambda: world.service.client_count == 0)
        deaf.close()
        assert world.metrics.quotes_dropped.counts["client_too_slow"] == 1


async def test_a_binary_frame_is_refused_and_the_connection_stays(world: QuotesWorld) -> None:
    async with connect(world) as client:
        await greet(client)
        await client.send(b"\x00\x01")
        assert (await hear(client, "error"))["code"] == "binary_refused"
        await client.send('42["get_market_status"]')
        assert (await hear(client, "market_status"))["clients"] == 1


async def test_a_message_too_large_to_be_read_ends_the_connection(tmp_path: Path) -> None:
    async with serving_quotes(tmp_path, message_bytes=4_096) as (world, _), connect(world) as client:
        await greet(client)
        await client.send("4" * 10_000)
        with pytest.raises(websockets.ConnectionClosed):
            await hear(client, "error")
        assert client.close_code == 1009
        await eventually(lambda: world.service.client_count == 0)


@pytest.mark.parametrize("first", ["", "junk", '42["subscribe_market"]', "44{}", "451-[]"])
async def test_whoever_begins_with_something_else_is_not_connected_and_may_still_do_it_right(
    world: QuotesWorld, first: str
) -> None:
    async with connect(world) as client:
        await client.recv()
        await client.send(first)
        await client.send("40")
        await hear(client, "connected")
        assert world.metrics.quotes_refused.total() == 1


async def test_a_connection_cut_in_the_middle_leaves_nothing_behind(world: QuotesWorld) -> None:
    async with connect(world) as client:
        await greet(client)
        await client.send('42["subscribe_market"]')
        await hear(client, "subscription_success")
        client.transport.abort()
    await eventually(lambda: world.service.client_count == 0)


async def test_a_polling_client_that_never_fetches_keeps_one_place_in_its_queue(tmp_path: Path) -> None:
    async with serving_quotes(tmp_path) as (world, http):
        sid = await _polling_session(http)
        await http.post("/socket.io/", params={**POLL, "sid": sid}, content='42["subscribe_market"]')
        for seq in range(1, 2_001):
            world.tick(seq)
        await asyncio.sleep(0)
        fetched = (await http.get("/socket.io/", params={**POLL, "sid": sid})).text
        assert fetched.count('"market_data"') == 1
        assert '"seq":2000}' in fetched


async def test_a_polling_client_for_which_too_many_answers_wait_is_given_up(tmp_path: Path) -> None:
    async with serving_quotes(tmp_path, queued_packets=16) as (world, http):
        sid = await _polling_session(http)
        for _ in range(20):
            await http.post("/socket.io/", params={**POLL, "sid": sid}, content='42["get_market_status"]')
        await eventually(lambda: world.service.client_count == 0)
        assert world.metrics.quotes_dropped.counts["client_too_slow"] == 1
        answer = await http.get("/socket.io/", params={**POLL, "sid": sid})
        assert answer.status_code == 400


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\xff\xfe", "not_utf8"),
        (b"\x1e".join([b"3"] * 300), "too_many_packets"),
        (b"4" * 200_000, "too_large"),
    ],
)
async def test_a_post_that_cannot_be_read_is_refused_and_the_session_goes_on(
    tmp_path: Path, content: bytes, code: str
) -> None:
    async with serving_quotes(tmp_path) as (world, http):
        sid = await _polling_session(http)
        answer = await http.post("/socket.io/", params={**POLL, "sid": sid}, content=content)
        assert answer.json()["error"]["code"] == code
        good = await http.post("/socket.io/", params={**POLL, "sid": sid}, content='42["subscribe_market","IF2101"]')
        assert good.status_code == 200
        world.tick(1)
        assert IF2101 in (await http.get("/socket.io/", params={**POLL, "sid": sid})).text


async def test_good_packets_beside_bad_ones_in_one_post_are_carried_out(tmp_path: Path) -> None:
    async with serving_quotes(tmp_path) as (_, http):
        sid = await _polling_session(http)
        content = 'junk\x1e42["evil"]\x1e42["get_market_status"]'
        assert (await http.post("/socket.io/", params={**POLL, "sid": sid}, content=content)).status_code == 200
        fetched = (await http.get("/socket.io/", params={**POLL, "sid": sid})).text
        assert ('"malformed"' in fetched, '"unknown_event"' in fetched, '"market_status"' in fetched) == (True,) * 3


async def test_a_request_the_protocol_does_not_know_is_refused(tmp_path: Path) -> None:
    async with serving_quotes(tmp_path) as (_, http):
        for params in (
            {"EIO": "3", "transport": "polling"},
            {"EIO": "4", "transport": "flash"},
            {"EIO": "4", "sid": "x"},
        ):
            assert (await http.get("/socket.io/", params=params)).status_code == 400
        assert (await http.get("/socket.io/", params={**POLL, "j": "0"})).json()["error"]["code"] == "jsonp_refused"
        assert (await http.request("DELETE", "/socket.io/", params=POLL)).status_code == 405


async def _polling_session(http: httpx.AsyncClient) -> str:
    """Do what a library does first, by long polling."""
    opened = (await http.get("/socket.io/", params=POLL)).text
    sid: str = json.loads(opened[1:])["sid"]
    assert (await http.post("/socket.io/", params={**POLL, "sid": sid}, content="40")).text.lower() == "ok"
    fetched = (await http.get("/socket.io/", params={**POLL, "sid": sid})).text
    assert '42["connected"' in fetched
    return sid
