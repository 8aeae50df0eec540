"""Each service in a process of its own does what one process does, killed and restarted or not (C-003-10)."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from private_ports import free_ports
from real_redis import RealRedis
from services_apart import LINE, Services
from tradewind.bus.line_codec import build_line_codec
from tradewind.bus.topics import CLEAN_TICKS
from tradewind.kernel.clock import monotonic_s
from tradewind.kernel.settings import load
from tradewind.runtime.replay import ReplayReport, replay_file
from tradewind.runtime.settings import TradewindSettings

pytestmark = [pytest.mark.data, pytest.mark.timeout(180)]

DAY = "futures_tick/CFFEX.IF2101_20210104.parquet"
PATIENT = ("strategies.cpu_budget_us=0", "strategies.hang_ms=10000", "bus.max_len=200000")


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RealRedis]:
    server = RealRedis(tmp_path, is_durable=True)
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def together(data_dir: Path) -> ReplayReport:
    flags = ["market.source=replay", f"market.replay.path={data_dir / DAY}"]
    return replay_file(load(TradewindSettings, flags=flags).settings)


@pytest.fixture
def services(request: pytest.FixtureRequest, tmp_path: Path, redis: RealRedis, data_dir: Path) -> Iterator[Services]:
    replay = ("market.source=replay", f"market.replay.path={data_dir / DAY}", "market.replay.speed=2000")
    started = Services(tmp_path, redis, *PATIENT, *replay, f"bus.codec={request.param}")
    yield started
    started.end()


@pytest.mark.parametrize("services", ["json", "packed"], indirect=True)
def test_services_apart_give_the_hash_of_one_process_though_each_is_killed_under_load(
    services: Services, together: ReplayReport
) -> None:
    services.start(*LINE, "market")
    _wait_for_ticks(services, 1_000)
    for name in (*LINE, "market"):
        services.kill(name)
        services.start(name)
        time.sleep(0.5)
    _wait_for_ticks(services, together.ticks_clean)
    services.wait_sha256(together.sha256)
    keys = [(key, topic) for key, topic, _ in services.outputs()]
    assert len(set(keys)) == len(keys)
    assert set(services.stop().values()) == {0}


@pytest.mark.parametrize("services", ["packed"], indirect=True)
def test_redis_killed_and_started_again_costs_nothing(services: Services, together: ReplayReport) -> None:
    services.start(*LINE, "market")
    _wait_for_ticks(services, 2_000)
    services.redis.kill()
    time.sleep(1)
    services.redis.start()
    _wait_for_ticks(services, together.ticks_clean)
    services.wait_sha256(together.sha256)


@pytest.mark.parametrize("services", ["json"], indirect=True)
def test_a_room_that_stood_still_until_another_took_over_ends_instead_of_going_on(services: Services) -> None:
    services.start("features", "market")
    _wait_for_ticks(services, 100)
    services.wait_connected(services.ports["features_health"])
    stalled, (port,) = services.processes["features"], free_ports(1)
    stalled.send_signal(signal.SIGSTOP)
    services.start_as("features2", "features", f"services.features_health={port}")
    services.wait_connected(port)
    stalled.send_signal(signal.SIGCONT)
    assert stalled.wait(timeout=20) == 1
    assert "another process has taken over features" in services.said("features")
    del services.processes["features"]


def _wait_for_ticks(services: Services, count: int) -> None:
    """Wait until so many different ticks have been written: what Redis had not confirmed is written again."""
    until = monotonic_s() + 90
    newest, read = 0, build_line_codec(CLEAN_TICKS, "json").read
    with services.redis.client as client:
        while newest < count:
            assert monotonic_s() < until, newest
            time.sleep(0.1)
            for _, fields in client.xrevrange("dfp:clean_ticks", count=1):
                (*_, (_, tick)) = read(fields[b"payload"])
                newest = max(newest, tick.seq)
