"""`tradewind bench push`: fan-out to 1 000 WebSocket clients against a bare C epoll sender, in the same run.

The server, ours or the C sender, has core 0; a load client in C has core 1 and is the same for both. Both send the
same frames with the same socket options: one `delta` of one quote each, so that a frame here is a frame there.
Ours and the baseline alternate; a ratio is the median of the rounds' ratios, a figure the median of the rounds.
Throughput publishes as fast as the slowest client takes it; latency publishes at a fixed rate and measures from the
publish call to the client's read. What one stopped client costs the others is measured on one server and one set of
clients, with and without it in turn.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import statistics
import tempfile
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.benches import push_client
from tradewind.benches.push_client import CLIENT_CPU, SERVER_CPU, LoadClient, Measured, Programs
from tradewind.benches.push_server import FAST_AS_POSSIBLE, SETTINGS, SHALLOW, PushUnderLoad, sample_frame
from tradewind.benches.result import BenchResult

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from tradewind.push.settings import PushSettings

_EVERY: Final = json.dumps({"op": "subscribe", "topic": "quotes", "mode": "every"})
_LATEST: Final = json.dumps({"op": "subscribe", "topic": "quotes", "mode": "latest", "interval_ms": 50})
_SETTLE_S: Final = 0.3
_FILL_MS: Final = 1_500
"""Time in which a stopped client's socket is full for certain."""
_THROUGHPUT_GOAL: Final = 0.9
_P99_GOAL: Final = 1.3
_STOPPED_GOAL: Final = 0.05
_CONFLATED_GOAL: Final = 1_000_000


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How much to measure."""

    clients: int = 1_000
    rounds: int = 5
    warmup_ms: int = 300
    measured_ms: int = 2_000
    hz: int = 100
    instruments: int = 60
    conflated_hz: int = 40
    """Quotes a second of each instrument in the conflation run; the clients ask for 20 a second."""


QUICK: Final = Options(rounds=1, warmup_ms=200, measured_ms=600)


class _Runs:
    """What every round saw, by name."""

    def __init__(self) -> None:
        self._seen: dict[str, list[Measured]] = {}

    def add(self, name: str, measured: Measured) -> None:
        self._seen.setdefault(name, []).append(measured)

    def median(self, name: str, of: Callable[[Measured], float]) -> float:
        return statistics.median(map(of, self._seen[name]))

    def ratio(self, name: str, to: str, of: Callable[[Measured], float]) -> float:
        """Return the median over the rounds of one run's number to another's of the same round."""
        pairs = zip(self._seen[name], self._seen[to], strict=True)
        return statistics.median(of(ours) / of(theirs) for ours, theirs in pairs)


class _Bench:
    def __init__(self, options: Options, programs: Programs, frame: Path, cpu: int) -> None:
        self.options = options
        self._programs = programs
        self._frame = frame
        self._client_cpu = CLIENT_CPU if cpu >= 0 else -1
        self._server_cpu = cpu
        self.client_bytes = 0.0
        self.parked = 0

    async def ours(self, hz: int, *, subscribe: str = _EVERY, instruments: int = 1) -> Measured:
        """Measure our own server once."""
        async with self._publishing(hz, subscribe=subscribe, instruments=instruments) as (client, _):
            return await self._measure(client)

    async def baseline(self, hz: int) -> Measured:
        """Measure the C sender once."""
        sender, port = await push_client.start_sender(
            self._programs,
            self._frame,
            clients=self.options.clients,
            hz=hz,
            cpu=self._server_cpu,
            send_buffer=SETTINGS.socket_bytes,
        )
        try:
            async with self._load(port, _EVERY) as client:
                await asyncio.sleep(_SETTLE_S)
                if sender.stdin is not None:
                    sender.stdin.write(b"GO\n")
                return await self._measure(client)
        finally:
            await push_client.end(sender)

    async def with_and_without_a_stopped_client(self, runs: _Runs) -> None:
        """Measure what everybody else sees, in turn with a client that never reads and without it."""
        async with self._publishing(self.options.hz, settings=SHALLOW) as (client, server):
            for turn in range(self.options.rounds):
                for is_there in (False, True) if turn % 2 else (True, False):
                    await client.have_stopped(is_there=is_there)
                    runs.add("stopped" if is_there else "all_reading", await self._measure(client, _FILL_MS))
                    self.parked = max(self.parked, server.parked_count)

    async def _measure(self, client: LoadClient, warmup_ms: int | None = None) -> Measured:
        warmup_ms = self.options.warmup_ms if warmup_ms is None else warmup_ms
        return await client.measure(warmup_ms=warmup_ms, measured_ms=self.options.measured_ms)

    @asynccontextmanager
    async def _publishing(
        self, hz: int, *, subscribe: str = _EVERY, instruments: int = 1, settings: PushSettings = SETTINGS
    ) -> AsyncIterator[tuple[LoadClient, PushUnderLoad]]:
        server = PushUnderLoad(instruments=instruments, settings=settings)
        async with _task(server.run()):
            await server.wait_listening()
            before = _resident_bytes()
            async with self._load(server.port, subscribe) as client:
                await asyncio.sleep(_SETTLE_S)
                self.client_bytes = max(self.client_bytes, (_resident_bytes() - before) / self.options.clients)
                gc.collect()
                gc.freeze()
                try:
                    async with _task(server.publish(hz)):
                        yield client, server
                finally:
                    gc.unfreeze()

    @asynccontextmanager
    async def _load(self, port: int, subscribe: str) -> AsyncIterator[LoadClient]:
        client = await LoadClient.connect(
            self._programs, port, clients=self.options.clients, subscribe=subscribe, cpu=self._client_cpu
        )
        try:
            yield client
        finally:
            await client.close()


@asynccontextmanager
async def _task(work: Any) -> AsyncIterator[None]:  # noqa: ANN401 - a coroutine of nothing
    task = asyncio.ensure_future(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


async def _measure_all(bench: _Bench) -> BenchResult:
    options, runs = bench.options, _Runs()
    conflated_hz = options.instruments * options.conflated_hz
    for _ in range(options.rounds):
        runs.add("fast", await bench.ours(FAST_AS_POSSIBLE))
        runs.add("c_fast", await bench.baseline(FAST_AS_POSSIBLE))
        runs.add("paced", await bench.ours(options.hz))
        runs.add("c_paced", await bench.baseline(options.hz))
        runs.add("latest", await bench.ours(conflated_hz, subscribe=_LATEST, instruments=options.instruments))
    await bench.with_and_without_a_stopped_client(runs)
    return _report(bench, runs)


def _report(bench: _Bench, runs: _Runs) -> BenchResult:
    result = BenchResult("push")
    result.figure("clients", bench.options.clients)
    result.figure("messages_per_s", runs.median("fast", _frames))
    result.figure("c_sender_messages_per_s", runs.median("c_fast", _frames))
    result.figure("conflated_50ms_ticks_per_s", runs.median("latest", _values))
    result.figure("conflated_50ms_mb_per_s", runs.median("latest", lambda run: run.bytes_per_s) / 1e6)
    for name, shown in (
        ("paced", "at_100_hz"),
        ("c_paced", "at_100_hz_c_sender"),
        ("all_reading", "all_reading"),
        ("stopped", "one_stopped"),
    ):
        result.figure(f"{shown}_p50_ms", runs.median(name, lambda run: run.p50_us) / 1e3)
        result.figure(f"{shown}_p99_ms", runs.median(name, _p99) / 1e3)
        result.figure(f"{shown}_p999_ms", runs.median(name, lambda run: run.p999_us) / 1e3)
        result.figure(f"{shown}_messages_per_s", runs.median(name, _frames))
    result.figure("memory_per_client_kb", bench.client_bytes / 1e3)
    result.figure("stopped_clients_parked", bench.parked)
    throughput = runs.ratio("fast", "c_fast", _frames)
    p99 = runs.ratio("paced", "c_paced", _p99)
    change = runs.ratio("stopped", "all_reading", _p99) - 1.0
    result.ratio("throughput_vs_c_sender", throughput)
    result.ratio("p99_vs_c_sender", p99)
    result.ratio("others_p99_change_with_one_stopped", change)
    result.goal("throughput_vs_c_sender", throughput, _THROUGHPUT_GOAL, better="higher")
    result.goal("p99_vs_c_sender", p99, _P99_GOAL, better="lower")
    result.goal("others_p99_change_with_one_stopped", change, _STOPPED_GOAL, better="lower")
    result.goal("conflated_50ms_ticks_per_s", runs.median("latest", _values), _CONFLATED_GOAL, better="higher")
    return result


def _frames(measured: Measured) -> float:
    return measured.frames_per_s


def _values(measured: Measured) -> float:
    return measured.values_per_s


def _p99(measured: Measured) -> float:
    return measured.p99_us


def run(options: Options) -> BenchResult:
    """Measure.

    Raises: ConfigError: there is no C compiler, or a helper program ended early.
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
                return runner.run(_measure_all(bench))
    finally:
        os.sched_setaffinity(0, affinity)


def main(as_json: bool, quick: bool) -> dict[str, Any]:  # noqa: FBT001 - the benches' common signature
    """Run the bench, show a table unless JSON is wanted, return the result."""
    result = run(QUICK if quick else Options())
    if not as_json:
        result.show()
    return result.as_dict()
