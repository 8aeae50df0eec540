"""Two instances of push: a client cut off from one resumes on the other without gap or duplicate (C-004-10)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from private_ports import free_ports
from real_redis import RealRedis
from services_apart import LINE, Services
from tradewind.kernel.settings import load
from tradewind.runtime.identity import access_tokens
from tradewind.runtime.settings import TradewindSettings

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RealRedis]:
    server = RealRedis(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def split(tmp_path: Path, redis: RealRedis) -> Iterator[Services]:
    started = Services(tmp_path, redis, shards=2)
    yield started
    started.end()


@pytest.fixture
def services(tmp_path: Path, redis: RealRedis) -> Iterator[Services]:
    started = Services(tmp_path, redis)
    yield started
    started.end()


class Client:
    """Follows the topic `signals`; remembers every signal heard after the snapshot and where it stands."""

    def __init__(self, token: str) -> None:
        self._token = token
        self.position: dict[str, Any] | None = None
        self.known: list[str] = []
        self.heard: list[str] = []

    async def hear(self, port: int, count: int) -> dict[str, Any]:
        """Connect, go on where it stopped, hear at least `count` signals more; return how it was received."""
        socket = await self._connected(port)
        wish = {"op": "subscribe", "topic": "signals", "mode": "every"}
        await socket.send(json.dumps(wish if self.position is None else {**wish, "resume": self.position}))
        subscribed: dict[str, Any] = {}
        begun = len(self.heard)
        while len(self.heard) - begun < count:
            frame = json.loads(await asyncio.wait_for(socket.recv(), 30))
            match frame["type"]:
                case "subscribed":
                    subscribed = frame
                    self.position = {"epoch": frame["epoch"], "offset": frame["offset"]}
                case "snapshot":
                    self.known = [signal["signal_id"] for signal in frame["data"]]
                case "delta":
                    self.heard += [signal["signal_id"] for signal in frame["data"]]
                    assert self.position is not None
                    self.position["offset"] = frame["offset"]
                case _:
                    pass
        socket.transport.abort()
        return subscribed

    async def _connected(self, port: int) -> ClientConnection:
        for _ in range(300):
            try:
                return await connect(
                    f"ws://127.0.0.1:{port}/ws", additional_headers={"Authorization": f"Bearer {self._token}"}
                )
            except OSError:
                await asyncio.sleep(0.1)
        raise AssertionError(port)


async def test_a_client_resumes_on_another_instance_without_gap_or_repeat(services: Services, tmp_path: Path) -> None:
    token = access_tokens(load(TradewindSettings, flags=[f"data_dir={tmp_path}"]).settings).renew()
    other, health = free_ports(2)
    services.start(*LINE, "market", "push")
    services.wait_connected(services.ports["push_health"])
    client = Client(token)
    first = await client.hear(services.ports["push_port"], 5)
    assert first["recovered"] is False
    services.start_as("push2", "push", f"services.push_port={other}", f"services.push_health={health}")
    # Something happens that neither the client nor the instance it goes to has heard live.
    await asyncio.sleep(1)
    services.kill("push")
    second = await client.hear(other, 20)
    assert second["recovered"] is True
    assert second["epoch"] == first["epoch"]
    with services.redis.client as redis:
        entries = redis.xrange("dfp:strategy_signals")
    written = [json.loads(fields[b"payload"])["signal_id"] for _, fields in entries]
    begin = written.index(client.heard[0])
    assert client.heard == written[begin : begin + len(client.heard)]


async def test_of_a_split_line_a_client_resumes_where_it_was_and_gets_a_snapshot_elsewhere(
    split: Services, tmp_path: Path
) -> None:
    token = access_tokens(load(TradewindSettings, flags=[f"data_dir={tmp_path}"]).settings).renew()
    other, health = free_ports(2)
    split.start(*LINE, "market", "push")
    split.start_as("push2", "push", f"services.push_port={other}", f"services.push_health={health}")
    split.wait_connected(split.ports["push_health"])
    split.wait_connected(health)
    client = Client(token)
    first = await client.hear(split.ports["push_port"], 5)
    second = await client.hear(split.ports["push_port"], 5)
    assert second["recovered"] is True
    assert len(set(client.heard)) == len(client.heard)
    third = await client.hear(other, 5)
    assert (third["recovered"], third["epoch"] == first["epoch"]) == (False, False)
