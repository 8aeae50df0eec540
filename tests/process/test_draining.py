"""Two push instances behind a real Nginx are upgraded one after the other under load: nothing lost, nothing twice."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from private_ports import free_ports
from real_nginx import RealNginx, gateway_settings
from real_redis import RealRedis
from running_platform import wait_for
from services_apart import Services, events_of
from tradewind.bus.topics import OPPORTUNITIES
from tradewind.identity import AccessTokens
from tradewind.kernel.rng import Rng, named_rng
from tradewind.runtime.settings import TradewindSettings

pytestmark = [pytest.mark.process, pytest.mark.timeout(240)]
_CLIENTS = 20
_PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealRedis]:
    server = RealRedis(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.kill()


class House:
    """The line, two instances of push, and the one entry before them."""

    def __init__(self, folder: Path, redis: RealRedis) -> None:
        self.token = AccessTokens(folder / "access.json").renew()
        ports = free_ports(4)
        self.push, self.health = ports[:2], ports[2:]
        addresses = tuple(f"127.0.0.1:{port}" for port in self.push)
        settings = gateway_settings(TradewindSettings(), push=addresses, quotes=(), retry_s=1)
        self.services = Services(
            folder, redis, "market.simulator.rate=20", "gateway.enabled=true", f"gateway.port={settings.gateway.port}",
            f"gateway.push={','.join(addresses)}", "push.leave_s=20", "push.move_s=1",
        )  # fmt: skip
        self.nginx = RealNginx(folder, settings)

    def start(self) -> None:
        self.services.start("features", "strategies", "signals", "market")
        for number in (0, 1):
            self.start_push(number)
        self.nginx.start()
        for number in (0, 1):
            self.wait_ready(number)

    def start_push(self, number: int) -> None:
        ports = (f"services.push_port={self.push[number]}", f"services.push_health={self.health[number]}")
        self.services.start_as(f"push{number}", "push", *ports)

    def wait_ready(self, number: int) -> None:
        wait_for(lambda: self.probe(number) == "ok", patience_s=_PATIENCE_S)

    def probe(self, number: int) -> str:
        """Return what the readiness probe of an instance is told."""
        try:
            answer = httpx.get(f"http://127.0.0.1:{self.push[number]}/health", timeout=5)
        except httpx.TransportError:
            return ""
        return str(answer.json()["status"])

    def tell_to_stop(self, number: int) -> subprocess.Popen[bytes]:
        """Ask an instance to stop, as Kubernetes and supervisord do; return its process, which drains."""
        process = self.services.processes.pop(f"push{number}")
        process.terminate()
        return process

    def end(self) -> None:
        self.nginx.stop()
        self.services.end()


@pytest.fixture
def house(tmp_path: Path, redis: RealRedis) -> Iterator[House]:
    found = House(tmp_path, redis)
    try:
        found.start()
        yield found
    finally:
        found.end()


class Client:
    """Follows all opportunities; asked to move it opens the next connection before it leaves the one it has."""

    def __init__(self, house: House, *, chance: Rng) -> None:
        self._url = f"ws://127.0.0.1:{house.nginx.port}/ws"
        self._headers = {"Authorization": f"Bearer {house.token}"}
        self._chance = chance
        self._position: dict[str, Any] | None = None
        self.heard: list[tuple[str, int]] = []
        self.recovered: list[bool] = []
        self.moves = 0
        self.cuts = 0

    async def follow(self, is_over: asyncio.Event) -> None:
        """Follow until told that it is over."""
        socket = await self._connected()
        while not is_over.is_set():
            try:
                frame = json.loads(await asyncio.wait_for(socket.recv(), 0.2))
            except TimeoutError:
                continue
            except ConnectionClosed:
                self.cuts += 1
                socket = await self._connected()
                continue
            if frame["type"] == "move":
                socket = await self._move(socket, within_s=frame["within_s"])
            else:
                self._hear(frame)
        await socket.close()

    async def _move(self, left: ClientConnection, *, within_s: float) -> ClientConnection:
        await asyncio.sleep(self._chance.uniform(0, within_s))
        self.moves += 1
        socket = await self._connected()
        await left.close()
        return socket

    async def _connected(self) -> ClientConnection:
        for _ in range(300):
            try:
                socket = await connect(self._url, additional_headers=self._headers, proxy=None, compression=None)
            except (OSError, InvalidHandshake, ConnectionClosed):
                await asyncio.sleep(0.1)
                continue
            wish = {"op": "subscribe", "topic": "opportunities", "mode": "every"}
            await socket.send(json.dumps(wish if self._position is None else {**wish, "resume": self._position}))
            return socket
        raise AssertionError(self._url)

    def _hear(self, frame: dict[str, Any]) -> None:
        match frame["type"]:
            case "subscribed":
                self.recovered.append(frame["recovered"])
                if not frame["recovered"]:
                    self._position = {"epoch": frame["epoch"], "offset": frame["offset"]}
            case "delta":
                self.heard += [(each["opportunity_id"], each["version"]) for each in frame["data"]]
                assert self._position is not None
                self._position["offset"] = frame["offset"]
            case _:
                pass


async def test_an_upgrade_of_both_instances_under_load_loses_and_doubles_nothing(
    house: House, redis: RealRedis
) -> None:
    clients = [Client(house, chance=named_rng(number, "moving")) for number in range(_CLIENTS)]
    is_over = asyncio.Event()
    following = [asyncio.create_task(client.follow(is_over)) for client in clients]
    await _more(clients, 3)
    for number in (0, 1):
        before = sum(client.moves for client in clients)
        draining = house.tell_to_stop(number)
        # Nobody is cut: it ends as soon as the last one has gone by himself, long before its time is over.
        assert await asyncio.to_thread(draining.wait, 18) == 0
        assert sum(client.moves for client in clients) > before
        if number == 0:
            house.start_push(number)
            await asyncio.to_thread(house.wait_ready, number)
        await _more(clients, 3)
    is_over.set()
    await asyncio.gather(*following)
    # An entry that was written twice counts once.
    once = dict(events_of(redis, OPPORTUNITIES))
    written = [(event.opportunity_id, event.version) for event in once.values()]
    for client in clients:
        begin = written.index(client.heard[0])
        assert client.heard == written[begin : begin + len(client.heard)]
    assert Counter(client.cuts for client in clients) == {0: _CLIENTS}
    assert all(client.moves >= 1 for client in clients)
    assert {recovered for client in clients for recovered in client.recovered[1:]} == {True}


async def _more(clients: list[Client], count: int) -> None:
    """Wait until everybody has heard so much more."""
    wanted = [len(client.heard) + count for client in clients]

    def is_so() -> bool:
        return all(len(client.heard) >= least for client, least in zip(clients, wanted, strict=True))

    await asyncio.to_thread(wait_for, is_so, patience_s=_PATIENCE_S)
