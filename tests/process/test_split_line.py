"""The line split by instrument and served by several processes a room does what one process does (C-003-10)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from private_ports import free_ports
from real_redis import RealRedis
from services_apart import LINE, Services, events_of
from split_day import Together, by_instrument, write_split_day
from tradewind.bus.topics import CLEAN_TICKS
from tradewind.kernel.clock import monotonic_s

pytestmark = [pytest.mark.data, pytest.mark.timeout(240)]

SHARDS = 2
EACH = 3_000
PATIENT = ("strategies.cpu_budget_us=0", "strategies.hang_ms=10000", "bus.max_len=200000")


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RealRedis]:
    server = RealRedis(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def recording(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_split_day(data_dir, tmp_path_factory.mktemp("split") / "day.twr", each=EACH)


@pytest.fixture(scope="module")
def together(recording: Path) -> Together:
    return Together(["market.source=replay", f"market.replay.path={recording}", *PATIENT])


class Crowd:
    """Two processes of every room, by their doors."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.doors = {name: services.ports[f"{name}_health"] for name in LINE}
        self.doors |= dict(zip((f"{name}2" for name in LINE), free_ports(len(LINE)), strict=True))

    def start(self, *names: str) -> None:
        for name in names:
            room = name.rstrip("2")
            self.services.start_as(name, room, f"services.{room}_health={self.doors[name]}")

    def shards(self, name: str) -> list[int]:
        try:
            told: dict[str, Any] = httpx.get(f"http://127.0.0.1:{self.doors[name]}/health").json()
        except httpx.HTTPError:
            return []
        return list(told["shards"])

    def wait_shared(self, room: str) -> None:
        """Wait until each process of a room serves one shard."""
        self._wait(lambda: sorted(self.shards(room) + self.shards(f"{room}2")) == [0, 1], room)
        self._wait(lambda: len(self.shards(room)) == len(self.shards(f"{room}2")) == 1, room)

    def wait_all_at(self, name: str) -> None:
        """Wait until one process serves every shard."""
        self._wait(lambda: self.shards(name) == list(range(SHARDS)), name)

    @staticmethod
    def _wait(is_so: Any, name: str) -> None:
        until = monotonic_s() + 60
        while not is_so():
            assert monotonic_s() < until, name
            time.sleep(0.05)


@pytest.fixture
def crowd(request: pytest.FixtureRequest, tmp_path: Path, redis: RealRedis, recording: Path) -> Iterator[Crowd]:
    replay = ("market.source=replay", f"market.replay.path={recording}", "market.replay.speed=60")
    started = Services(tmp_path, redis, *PATIENT, *replay, f"bus.codec={request.param}", shards=SHARDS)
    yield Crowd(started)
    started.end()


@pytest.mark.parametrize("crowd", ["packed"], indirect=True)
def test_two_processes_a_room_share_two_shards_and_lose_nothing_when_one_is_killed(
    crowd: Crowd, together: Together
) -> None:
    services = crowd.services
    crowd.start(*crowd.doors)
    for room in LINE:
        crowd.wait_shared(room)
    services.start("market")
    _wait_for_ticks(services, 500)
    for room in LINE:
        services.kill(f"{room}2")
    for room in LINE:
        crowd.wait_all_at(room)
    assert _ticks(services) < together.ticks_clean, "nobody was killed under load"
    # Who comes again gets its share from the one that has all.
    crowd.start(*(f"{room}2" for room in LINE))
    for room in LINE:
        crowd.wait_shared(room)
    _wait_for_ticks(services, together.ticks_clean)
    services.wait_through()
    assert by_instrument(_written(services)) == by_instrument(together.events)
    assert set(services.stop().values()) == {0}


@pytest.mark.parametrize("crowd", ["json"], indirect=True)
def test_one_process_a_room_serves_every_shard(crowd: Crowd, together: Together) -> None:
    services = crowd.services
    crowd.start(*LINE)
    services.start_as("market", "market", "market.replay.speed=1000")
    _wait_for_ticks(services, together.ticks_clean)
    services.wait_through()
    assert crowd.shards("risk") == [0, 1]
    assert by_instrument(_written(services)) == by_instrument(together.events)


def _written(services: Services) -> list[tuple[str, Any]]:
    """Return what the rooms wrote, shard by shard; an entry sent again for want of an answer counts once."""
    found: list[tuple[str, Any]] = []
    for shard in range(SHARDS):
        once: dict[Any, Any] = {}
        for key, topic, event in services.outputs(shard):
            assert once.setdefault((key, topic), event) == event
        found += [(topic, event) for (_, topic), event in once.items()]
    return found


def _wait_for_ticks(services: Services, count: int) -> None:
    until = monotonic_s() + 90
    while _ticks(services) < count:
        assert monotonic_s() < until, services.said("market")
        time.sleep(0.1)


def _ticks(services: Services) -> int:
    return sum(len(events_of(services.redis, CLEAN_TICKS, shard, SHARDS)) for shard in range(SHARDS))
