"""`tradewind bench push`: fan-out to 1 000 WebSocket clients against a bare C epoll sender, in the same run.

The server, ours or the C sender, has core 0; a load client in C has core 1 and is the same for both. Both send the
same frames with the same socket options: one `delta` of one quote each, so that a frame here is a frame there.
Rounds of ours and the baseline alternate and medians are compared. Throughput publishes as fast as the slowest
client takes it; latency publishes at a fixed rate and measures from the publish call to the client's read.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import statistics
import sys
import tempfile
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.benches import push_client
from tradewind.benches.push_client import CLIENT_CPU, SERVER_CPU, LoadClient, Measured, Programs
from tradewind.benches.push_server import FAST_AS_POSSIBLE, PushUnderLoad, sample_frame

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

_EVERY: Final = json.dumps({"op": "subscribe", "topic": "quotes", "mode": "every"})
_LATEST: Final = json.dumps({"op": "subscribe", "topic": "quotes", "mode": "latest", "interval_ms": 50})
_SETTLE_S: Final = 0.3


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How much to measure."""

    clients: int = 1_000
    rounds: int = 5
    warmup_ms: int = 500
    measured_ms: int = 3_000
    hz: int = 100
    instruments: int = 50
    conflated_hz: int = 40
    """Quotes a second of each instrument in the conflation run; the clients ask for 20 a second."""


QUICK: Final = Options(rounds=1, warmup_ms=200, measured_ms=700)


class _Bench:
    def __init__(self, options: Options, programs: Programs, frame: Path, cpu: int) -> None:
        self.options = options
        self._programs = programs
        self._frame = frame
        self._client_cpu = CLIENT_CPU if cpu >= 0 else -1
        self._server_cpu = cpu
        self.client_bytes: list[float] = []

    async def ours(self, hz: int, *, subscribe: str = _EVERY, instruments: int = 1, stalled: int = 0) -> Measured:
        """Measure our own server once."""
        options = self.options
        async with _serving(instruments) as server:
            before = _resident_bytes()
            async with self._load(server.port, subscribe, stalled) as client:
                await asyncio.sleep(_SETTLE_S)
                self.client_bytes.append((_resident_bytes() - before) / options.clients)
                gc.collect()
                gc.freeze()
                publishing = asyncio.create_task(server.publish(hz))
                try:
                    return await client.measure(warmup_ms=options.warmup_ms, measured_ms=options.measured_ms)
                finally:
                    await _cancel(publishing)
                    gc.unfreeze()

    async def baseline(self, hz: int) -> Measured:
        """Measure the C sender once."""
        options = self.options
        sender, port = await push_client.start_sender(
            self._programs,
            self._frame,
            clients=options.clients,
            hz=hz,
            cpu=self._server_cpu,
            send_buffer=PushUnderLoad.settings.socket_bytes,
        )
        try:
            async with self._load(port, _EVERY, 0) as client:
                await asyncio.sleep(_SETTLE_S)
                if sender.stdin is not None:
                    sender.stdin.write(b"GO\n")
                return await client.measure(warmup_ms=options.warmup_ms, measured_ms=options.measured_ms)
        finally:
            await push_client.end(sender)

    @asynccontextmanager
    async def _load(self, port: int, subscribe: str, stalled: int) -> AsyncIterator[LoadClient]:
        client = await LoadClient.connect(
            self._programs,
            port,
            clients=self.options.clients,
            subscribe=subscribe,
            cpu=self._client_cpu,
            stalled=stalled,
        )
        try:
            yield client
        finally:
            await client.close()


@asynccontextmanager
async def _serving(instruments: int) -> AsyncIterator[PushUnderLoad]:
    server = PushUnderLoad(instruments)
    running = asyncio.create_task(server.run())
    try:
        await server.wait_listening()
        yield server
    finally:
        await _cancel(running)


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


async def _measure(bench: _Bench) -> dict[str, Any]:
    options = bench.options
    runs: dict[str, list[Measured]] = {name: [] for name in ("fast", "c_fast", "paced", "c_paced", "stalled", "latest")}
    for _ in range(options.rounds):
        runs["fast"].append(await bench.ours(FAST_AS_POSSIBLE))
        runs["c_fast"].append(await bench.baseline(FAST_AS_POSSIBLE))
        runs["paced"].append(await bench.ours(options.hz))
        runs["c_paced"].append(await bench.baseline(options.hz))
        runs["stalled"].append(await bench.ours(options.hz, stalled=1))
        runs["latest"].append(
            await bench.ours(
                options.instruments * options.conflated_hz, subscribe=_LATEST, instruments=options.instruments
            )
        )
    return _report(options, runs, statistics.median(bench.client_bytes))


def _report(options: Options, runs: dict[str, list[Measured]], client_bytes: float) -> dict[str, Any]:
    def middle(name: str, of: Callable[[Measured], float]) -> float:
        return statistics.median(of(run) for run in runs[name])

    figures = {
        "clients": float(options.clients),
        "throughput_messages_per_s": middle("fast", lambda run: run.frames_per_s),
        "c_sender_messages_per_s": middle("c_fast", lambda run: run.frames_per_s),
        "conflated_50ms_values_per_s": middle("latest", lambda run: run.values_per_s),
        "conflated_50ms_megabytes_per_s": middle("latest", lambda run: run.bytes_per_s) / 1e6,
        "memory_per_client_kb": client_bytes / 1e3,
    }
    for name, shown in (("paced", "latency"), ("c_paced", "c_sender"), ("stalled", "one_stopped")):
        figures[f"{shown}_p50_us"] = middle(name, lambda run: run.p50_us)
        figures[f"{shown}_p99_us"] = middle(name, lambda run: run.p99_us)
        figures[f"{shown}_p999_us"] = middle(name, lambda run: run.p999_us)
        figures[f"{shown}_messages_per_s"] = middle(name, lambda run: run.frames_per_s)
    ratios = {
        "throughput_vs_c": figures["throughput_messages_per_s"] / figures["c_sender_messages_per_s"],
        "p99_vs_c": figures["latency_p99_us"] / figures["c_sender_p99_us"],
        "one_stopped_p99_change": figures["one_stopped_p99_us"] / figures["latency_p99_us"] - 1.0,
    }
    goals = {
        "throughput_vs_c": _goal(ratios["throughput_vs_c"], 0.9, is_met=ratios["throughput_vs_c"] >= 0.9),  # noqa: PLR2004 - issue 2
        "p99_vs_c": _goal(ratios["p99_vs_c"], 1.3, is_met=ratios["p99_vs_c"] <= 1.3),  # noqa: PLR2004 - issue 2
        "one_stopped_p99_change": _goal(
            ratios["one_stopped_p99_change"],
            0.05,
            is_met=ratios["one_stopped_p99_change"] < 0.05,  # noqa: PLR2004 - issue 2
        ),
    }
    return {"bench": "push", "figures": figures, "ratios": ratios, "goals": goals}


def _goal(value: float, goal: float, *, is_met: bool) -> dict[str, float | bool]:
    return {"value": value, "goal": goal, "ok": is_met}


def run(options: Options) -> dict[str, Any]:
    """Measure and return figures, ratios and goals.

    Raises: ConfigError: no C compiler, or fewer files allowed than there are clients.
    """
    import uvloop  # noqa: PLC0415 - POSIX only, like the bench

    push_client.raise_file_limit()
    affinity = os.sched_getaffinity(0)
    cpu = push_client.pin(SERVER_CPU)
    try:
        with tempfile.TemporaryDirectory(prefix="tradewind-bench-") as name:
            folder = Path(name)
            frame = folder / "frame"
            frame.write_bytes(sample_frame())
            bench = _Bench(options, push_client.compile_programs(folder), frame, cpu)
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                return runner.run(_measure(bench))
    finally:
        os.sched_setaffinity(0, affinity)


def main(as_json: bool, quick: bool) -> dict[str, Any]:  # noqa: FBT001 - the benches' common signature
    """Run the bench, write a table unless JSON is wanted, return the result."""
    result = run(QUICK if quick else Options())
    if not as_json:
        sys.stdout.write(table(result))
    return result


def table(result: dict[str, Any]) -> str:
    """Lay the result out for a person."""
    lines = [f"bench push: {result['figures']['clients']:.0f} clients, server on core 0, load client on core 1", ""]
    lines += [f"  {name:<34}{value:>14,.1f}" for name, value in result["figures"].items()]
    lines.append("")
    for name, goal in result["goals"].items():
        lines.append(f"  {name:<34}{goal['value']:>14.3f}   goal {goal['goal']:g}   {'ok' if goal['ok'] else 'MISSED'}")
    return "\n".join(lines) + "\n"
