"""A push service that drains: it takes nobody else in, asks everybody to go elsewhere, and tells on until they have."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx
import pytest
import websockets

from push_builders import make_opportunity, make_signal
from push_serving import TOKEN, hear, say, serving


async def test_a_client_is_asked_to_move_and_is_told_on_until_it_has() -> None:
    async with serving(move_s=0.5, leave_s=30) as server, server.connect() as client:
        await hear(client, "welcome")
        await say(client, op="subscribe", topic="signals")
        await hear(client, "snapshot")
        draining = asyncio.create_task(server.service.drain())
        assert await hear(client, "move") == {"type": "move", "within_s": 0.5, "gone_in_s": 30.0}
        server.signal(make_signal(signal_id="late"))
        assert [each["signal_id"] for each in (await hear(client, "delta"))["data"]] == ["late"]
        assert not draining.done()
        await client.close()
        await draining
        assert server.service.client_count == 0


async def test_nobody_else_is_taken_in_and_the_probe_says_that_it_drains() -> None:
    async with serving(leave_s=30) as server, server.connect() as client, httpx.AsyncClient(headers=TOKEN) as probe:
        await hear(client, "welcome")
        url = f"http://127.0.0.1:{server.port}/health"
        assert (await probe.get(url)).status_code == 200
        draining = asyncio.create_task(server.service.drain())
        await hear(client, "move")
        answer = await probe.get(url)
        assert (answer.status_code, answer.json()["status"], answer.json()["clients"]) == (503, "draining", 1)
        with pytest.raises(websockets.InvalidStatus) as refused:
            await server.connect()
        response = refused.value.response
        assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
        assert json.loads(response.body or b"")["code"] == "draining"
        draining.cancel()


async def test_who_does_not_go_is_closed_with_4503_when_the_time_is_over() -> None:
    async with serving(move_s=0, leave_s=0.05) as server:
        client = await server.connect()
        await hear(client, "welcome")
        await server.service.drain()
        assert server.service.client_count == 1
        await server.stop()
        with pytest.raises(websockets.ConnectionClosed):
            await hear(client, "nothing")
        assert client.close_code == 4503


async def test_clients_of_the_older_streams_hear_nothing_new_and_are_sent_away_one_after_another() -> None:
    async with serving(move_s=0.3, leave_s=30) as server:
        paths = ["/ws/opportunities"] * 3 + ["/hsapi/ws/stock/"]
        server.opportunity(make_opportunity())
        clients = [await server.connect(path) for path in paths]
        await server.service.drain()
        said = Counter([json.loads(text).get("type", "") for client in clients async for text in heard_of(client)])
        assert {client.close_code for client in clients} == {4503}
        assert "move" not in said


async def heard_of(client: websockets.ClientConnection) -> AsyncIterator[str | bytes]:
    """Yield what a client heard up to its end."""
    with suppress(websockets.ConnectionClosed):
        while True:
            yield await client.recv()


async def test_with_nobody_there_it_is_drained_at_once() -> None:
    async with serving(leave_s=300) as server:
        await server.service.drain()
        assert server.service.client_count == 0
