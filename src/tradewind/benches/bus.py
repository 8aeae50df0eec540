"""`tradewind bench bus`: events a second into Redis, time from there to a handler, messages a second out of ZeroMQ.

P5: one process publishes ticks through the bus, in batches of 100 and 1 000 a loop turn, encoding each; the floor is a
blocking socket that pipelines ready-made bytes of the same payloads, the better of waiting for each batch and sending
one ahead, in turn with ours. Our figure includes trimming; the floor's does not. Then a process of its own writes
1 000 ticks a second and the time to our handler is taken; the floor is a blocking XREADGROUP.
P6: see `zmq_ingest`. Redis has core 1, we have core 0.
"""

from __future__ import annotations

import asyncio
import gc
import os
import statistics
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.benches import zmq_ingest
from tradewind.benches.bus_feeder import sample_tick
from tradewind.benches.bus_server import RawClient, running_redis
from tradewind.benches.result import BenchResult, pin
from tradewind.bus.codec import build_codec
from tradewind.bus.redis import RedisBus
from tradewind.bus.redis.resp import complete, entry_prefix, payload_of
from tradewind.bus.settings import BusSettings
from tradewind.bus.topics import CLEAN_TICKS
from tradewind.kernel.clock import perf_ns
from tradewind.kernel.metrics import Metrics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tradewind.bus.codec import CodecName
    from tradewind.domain.tick import Tick

_KEY: Final = CLEAN_TICKS.wire_name
_DISTINCT: Final = 1_000
_AHEAD: Final = 4_096
"""Entries ahead of Redis' answers at which our publisher lets the loop turn."""
_RATE: Final = 1_000
_WARMUP: Final = 300
_P5_RATIO: Final = 0.85
_P5_P50_US: Final = 60.0
_P5_P99_US: Final = 160.0


class _Scale(msgspec.Struct, frozen=True):
    entries: int
    rounds: int
    paced: int


# Many short rounds: what else runs on the machine then hits ours and the floor of a pair alike.
_FULL: Final = _Scale(entries=60_000, rounds=15, paced=4_000)
_QUICK: Final = _Scale(entries=30_000, rounds=3, paced=1_500)


def main(*, as_json: bool, quick: bool) -> dict[str, Any]:
    """Measure, show unless `as_json`, return the numbers.

    Raises: ConfigError: there is no redis-server.
    """
    import uvloop  # noqa: PLC0415 - POSIX only, like the bench

    scale = _QUICK if quick else _FULL
    affinity = os.sched_getaffinity(0)
    result = BenchResult("bus")
    try:
        with running_redis() as port:
            pin(0)
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                _write(result, runner, port, scale)
                _latency(result, runner, port, scale)
        zmq_ingest.measure(result, quick=quick)
    finally:
        os.sched_setaffinity(0, affinity)
    if not as_json:
        result.show()
    return result.as_dict()


def _write(result: BenchResult, runner: asyncio.Runner, port: int, scale: _Scale) -> None:
    """P5, first half: entries a second."""
    ticks = [sample_tick(number) for number in range(_DISTINCT)]
    codecs: tuple[CodecName, ...] = ("msgpack", "json")
    for codec in codecs:
        payloads = [build_codec(CLEAN_TICKS, codec).encode(tick) for tick in ticks]
        result.figure(f"{codec}_payload_bytes", statistics.mean(map(len, payloads)))
        for size in (100, 1_000):
            ours, floors = [], []
            for _ in range(scale.rounds):
                floors.append(_raw_per_s(port, payloads, size, scale.entries))
                ours.append(runner.run(_ours_per_s(port, ticks, size, scale.entries, codec)))
            ratio = statistics.median(mine / floor for mine, floor in zip(ours, floors, strict=True))
            result.figure(f"{codec}_batch_{size}_per_s", statistics.median(ours))
            result.figure(f"{codec}_batch_{size}_raw_socket_per_s", statistics.median(floors))
            result.ratio(f"{codec}_batch_{size}_vs_raw_socket", ratio)
            if codec == "msgpack":
                result.goal(f"P5_batch_{size}_vs_raw_socket", ratio, _P5_RATIO, better="higher")


def _raw_per_s(port: int, payloads: Sequence[bytes], size: int, count: int) -> float:
    prefix = entry_prefix(_KEY)
    commands = [complete(prefix, payload) for payload in payloads]
    batches = [b"".join(commands[begin : begin + size]) for begin in range(0, len(commands), size)]
    client = RawClient(port)
    rates = []
    for is_ahead in (False, True):
        client.call("DEL", _KEY)
        rates.append(client.pipelined_per_s(batches * (count // len(commands)), size, is_ahead=is_ahead))
    client.call("DEL", _KEY)
    client.close()
    return max(rates)


async def _ours_per_s(port: int, ticks: Sequence[Tick], size: int, count: int, codec: CodecName) -> float:
    bus = RedisBus(_settings(port, codec), metrics=Metrics())
    publish = bus.publisher(CLEAN_TICKS)
    await bus.start()
    publish(ticks[0])
    await bus.flushed()
    batches = [ticks[begin : begin + size] for begin in range(0, len(ticks), size)] * (count // len(ticks))
    gc.collect()
    gc.freeze()
    begun = perf_ns()
    for batch in batches:
        for tick in batch:
            publish(tick)
        await asyncio.sleep(0)
        while bus.spooled > _AHEAD:  # noqa: ASYNC110 - a publisher under back-pressure looks once a turn
            await asyncio.sleep(0)
    await bus.flushed()
    taken_ns = perf_ns() - begun
    gc.unfreeze()
    await bus.stop()
    return count / taken_ns * 1e9


def _settings(port: int, codec: CodecName) -> BusSettings:
    return BusSettings(kind="redis", url=f"redis://127.0.0.1:{port}/0", codec=codec, mirrors=False)


def _latency(result: BenchResult, runner: asyncio.Runner, port: int, scale: _Scale) -> None:
    """P5, second half: from before XADD in one process to the handler in another."""
    rounds = min(scale.rounds, 3)
    seen: dict[str, list[list[int]]] = {"handler": [], "raw_reader": []}
    for _ in range(rounds):
        seen["raw_reader"].append(_raw_latencies(port, scale.paced))
        seen["handler"].append(runner.run(_our_latencies(port, scale.paced)))
    for name, runs in seen.items():
        for quantile, label in ((0.5, "p50"), (0.99, "p99")):
            value = statistics.median(sorted(run)[int(len(run) * quantile)] for run in runs) / 1e3
            result.figure(f"xadd_to_{name}_{label}_us", value)
    p50, p99 = result.figures["xadd_to_handler_p50_us"], result.figures["xadd_to_handler_p99_us"]
    result.ratio("xadd_to_handler_p50_vs_raw_reader", p50 / result.figures["xadd_to_raw_reader_p50_us"])
    result.goal("P5_xadd_to_handler_p50_us", p50, _P5_P50_US, better="lower")
    result.goal("P5_xadd_to_handler_p99_us", p99, _P5_P99_US, better="lower")


async def _our_latencies(port: int, count: int) -> list[int]:
    bus = RedisBus(_settings(port, "msgpack"), metrics=Metrics())
    latencies: list[int] = []
    done = asyncio.Event()

    def on_tick(tick: Tick) -> None:
        latencies.append(perf_ns() - tick.ts_recv)
        if len(latencies) == count:
            done.set()

    bus.subscribe(CLEAN_TICKS, on_tick, group="bench")
    await bus.start()
    gc.collect()
    gc.freeze()
    feeder = _start_feeder(port, count)
    try:
        await done.wait()
    finally:
        feeder.wait()
        gc.unfreeze()
        await bus.stop()
    return latencies[_WARMUP:]


def _raw_latencies(port: int, count: int) -> list[int]:
    """Read with a blocking socket, acknowledging with the next read."""
    client = RawClient(port)
    client.call("DEL", _KEY)
    client.call("XGROUP", "CREATE", _KEY, "bench", "$", "MKSTREAM")
    decode = build_codec(CLEAN_TICKS, "msgpack").decode
    latencies: list[int] = []
    feeder = _start_feeder(port, count)
    while len(latencies) < count:
        ((_, entries),) = client.call("XREADGROUP", "GROUP", "bench", "raw", "BLOCK", 5_000, "STREAMS", _KEY, ">")
        for entry, fields in entries:
            latencies.append(perf_ns() - decode(payload_of(fields) or b"").ts_recv)
            client.call("XACK", _KEY, "bench", entry)
    feeder.wait()
    client.call("DEL", _KEY)
    client.close()
    return latencies[_WARMUP:]


def _start_feeder(port: int, count: int) -> subprocess.Popen[bytes]:
    affinity = os.sched_getaffinity(0)
    # A process of its own is placed by the system, not kept on our core.
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    try:
        return subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "tradewind.benches.bus_feeder", str(port), str(_RATE), str(count)]
        )
    finally:
        os.sched_setaffinity(0, affinity)
