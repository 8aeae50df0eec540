"""Redis loses all it had while every service runs: the line goes on by itself, and the hole is counted."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from real_redis import RealRedis
from services_apart import LINE, Services, newest_seq
from signal_follower import Follower
from tradewind.kernel.clock import monotonic_s
from tradewind.kernel.settings import load
from tradewind.runtime.identity import access_tokens
from tradewind.runtime.settings import TradewindSettings

pytestmark = [pytest.mark.data, pytest.mark.timeout(150)]

DAY = "futures_tick/CFFEX.IF2101_20210104.parquet"


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RealRedis]:
    server = RealRedis(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def services(request: pytest.FixtureRequest, tmp_path: Path, redis: RealRedis, data_dir: Path) -> Iterator[Services]:
    replay = ("market.source=replay", f"market.replay.path={data_dir / DAY}", "market.replay.speed=100")
    started = Services(
        tmp_path, redis, *replay, "strategies.cpu_budget_us=0", "bus.timeout_s=1", f"bus.codec={request.param}"
    )
    yield started
    started.end()


def empty(server: RealRedis) -> None:
    with server.client as client:
        client.flushall()


def forget(server: RealRedis) -> None:
    server.kill()
    server.start()


@pytest.mark.parametrize(
    ("services", "lose"),
    [("json", empty), ("packed", forget)],
    indirect=["services"],
    ids=["json, emptied", "packed, restarted without its data"],
)
async def test_services_recover_by_themselves_from_a_redis_that_lost_its_data(
    services: Services, tmp_path: Path, lose: Callable[[RealRedis], None]
) -> None:
    token = access_tokens(load(TradewindSettings, flags=[f"data_dir={tmp_path}"]).settings).renew()
    services.start(*LINE, "market", "push")
    follower = Follower(services.ports["push_port"], token)
    following = asyncio.create_task(follower.follow())
    try:
        await asyncio.to_thread(_until, lambda: _newest(services) > 1_500)
        pids = {name: process.pid for name, process in services.processes.items()}
        reached = _newest(services)
        await asyncio.to_thread(lose, services.redis)
        await asyncio.to_thread(_until, lambda: _newest(services) > reached + 500)
        heard = len(follower.news)
        await asyncio.to_thread(_until, lambda: len(follower.news) > heard + 5)
        for name in ("market", *LINE, "push"):
            await asyncio.to_thread(services.wait_connected, services.ports[f"{name}_health"])
    finally:
        following.cancel()
        await asyncio.wait([following])
    assert {name: process.pid for name, process in services.processes.items()} == pids
    assert all(process.poll() is None for process in services.processes.values())
    assert len(set(follower.news)) == len(follower.news)
    assert len(set(follower.epochs)) > 1
    with services.redis.client as client:
        gaps = [json.loads(fields[b"payload"]) for key in client.keys("*:gaps") for _, fields in client.xrange(key)]
    assert {gap["group"] for gap in gaps} == {*LINE, "push"}
    assert {gap["reason"] for gap in gaps} == {"stream_lost"}
    assert set(services.stop().values()) == {0}


def _newest(services: Services) -> int:
    return newest_seq(services.redis)


def _until(is_so: Callable[[], bool]) -> None:
    until = monotonic_s() + 60
    while not is_so():
        assert monotonic_s() < until
        time.sleep(0.05)
