"""A service killed with SIGKILL again and again under load: every tick has its effect once, in order."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from real_redis import RealRedis
from redis_harness import quick_bus
from tradewind.bus.topics import CLEAN_TICKS, SIGNALS

from builders import make_tick
from waiting import eventually

pytestmark = pytest.mark.process
WORKER = Path(__file__).with_name("redis_worker.py")
TICKS = 8_000
KILLS = 6


async def started_worker(server: RealRedis) -> asyncio.subprocess.Process:
    worker = await asyncio.create_subprocess_exec(
        sys.executable, str(WORKER), server.url, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    assert worker.stdout is not None
    while (await worker.stdout.readline()).strip() != b"ready":
        pass
    return worker


async def end(worker: asyncio.subprocess.Process) -> None:
    worker.kill()
    await worker.communicate()


async def test_a_service_killed_under_load_loses_nothing_and_repeats_nothing(tmp_path: Path) -> None:
    server = RealRedis(tmp_path)
    server.start()
    desk = quick_bus(server, max_len=100_000, mirrors=False)
    effects: list[int] = []
    desk.subscribe(SIGNALS, lambda signal: effects.append(signal.seq), group="desk")
    await desk.start()
    worker = await started_worker(server)

    async def feed() -> None:
        publish = desk.publisher(CLEAN_TICKS)
        for seq in range(1, TICKS + 1):
            publish(make_tick(seq=seq))
            if seq % 10 == 0:
                await asyncio.sleep(0.002)

    feeding = asyncio.create_task(feed())
    try:
        for kill in range(1, KILLS + 1):
            await eventually(
                lambda kill=kill: len(effects) >= kill * TICKS // (KILLS + 2),  # type: ignore[misc]
                timeout_s=15,
            )
            await end(worker)
            worker = await started_worker(server)
        await feeding
        await eventually(lambda: len(effects) >= TICKS, timeout_s=15)
        await desk.settle()
    finally:
        await end(worker)
        await desk.stop()
        server.kill()
    assert effects == list(range(1, TICKS + 1))
