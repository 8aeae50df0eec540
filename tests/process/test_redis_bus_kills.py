"""A service killed with SIGKILL again and again under load: every tick has its effect once, in order."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from real_redis import RealRedis
from redis_harness import quick_bus
from tradewind.bus.redis import RedisBus
from tradewind.bus.topics import CLEAN_TICKS, SIGNALS

from builders import make_tick
from waiting import eventually

pytestmark = pytest.mark.process
WORKER = Path(__file__).with_name("redis_worker.py")
TICKS = 8_000
KILLS = 6


async def started_worker(server: RealRedis, member: str = "worker-1") -> asyncio.subprocess.Process:
    worker = await asyncio.create_subprocess_exec(
        *(sys.executable, str(WORKER), server.url, member),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert worker.stdout is not None
    while (await worker.stdout.readline()).strip() != b"ready":
        pass
    return worker


async def end(worker: asyncio.subprocess.Process) -> None:
    worker.kill()
    await worker.communicate()


async def feed(bus: RedisBus) -> None:
    publish = bus.publisher(CLEAN_TICKS)
    for seq in range(1, TICKS + 1):
        publish(make_tick(seq=seq))
        if seq % 10 == 0:
            await asyncio.sleep(0.002)


async def test_a_service_killed_under_load_loses_nothing_and_repeats_nothing(tmp_path: Path) -> None:
    server = RealRedis(tmp_path)
    server.start()
    desk = quick_bus(server, max_len=100_000, mirrors=False)
    effects: list[int] = []
    desk.subscribe(SIGNALS, lambda signal: effects.append(signal.seq), group="desk")
    await desk.start()
    worker = await started_worker(server)

    feeding = asyncio.create_task(feed(desk))
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


async def test_a_member_that_stood_still_comes_back_and_disturbs_nobody(tmp_path: Path) -> None:
    """A long pause is worse than a death: whoever wakes up still believes that the work is its own."""
    server = RealRedis(tmp_path)
    server.start()
    desk = quick_bus(server, max_len=100_000, mirrors=False)
    effects: list[int] = []
    desk.subscribe(SIGNALS, lambda signal: effects.append(signal.seq), group="desk")
    await desk.start()
    first = await started_worker(server, "worker-1")
    second = await started_worker(server, "worker-2")
    feeding = asyncio.create_task(feed(desk))
    try:
        for part, worker in ((1, first), (3, second)):
            await eventually(lambda part=part: len(effects) >= part * TICKS // 6, timeout_s=15)  # type: ignore[misc]
            worker.send_signal(signal.SIGSTOP)
            await eventually(lambda part=part: len(effects) >= (part + 1) * TICKS // 6, timeout_s=15)  # type: ignore[misc]
            worker.send_signal(signal.SIGCONT)
        await feeding
        await eventually(lambda: len(effects) >= TICKS, timeout_s=15)
        await desk.settle()
    finally:
        await end(first)
        await end(second)
        await desk.stop()
        server.kill()
    assert effects == list(range(1, TICKS + 1))
