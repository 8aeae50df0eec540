"""P3: from a tick's arrival to the opportunity in a WebSocket client, through the embedded line, two processes.

The server is a process of its own on core 0; this one is the client, on core 1. Both clocks are the machine's
monotonic one, so a stamp made there can be read here.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.benches.opportunity_client import OpportunityClient
from tradewind.benches.result import BenchResult, pin
from tradewind.kernel.clock import perf_ns

if TYPE_CHECKING:
    from collections.abc import Iterator

_STAMP: Final = re.compile(rb"ns=(\d+)")
_OURS: Final = b'"cause":"signal:stamping:'
"""A version that another strategy or a timer made carries an old stamp among its reasons."""
_WARMUP: Final = 20


class _Case(msgspec.Struct, frozen=True):
    rate: int
    seconds: float
    p50_goal_ms: float
    p99_goal_ms: float


_CASES: Final = (_Case(40, 12.0, 0.3, 0.6), _Case(1_000, 6.0, 0.1, 0.3))
_QUICK_CASES: Final = (_Case(1_000, 1.0, 0.1, 0.3),)


def measure_chain(result: BenchResult, *, quick: bool) -> None:
    """Add the chain's figures and goals to `result`."""
    pin(1)
    for case in _QUICK_CASES if quick else _CASES:
        floor_p50, floor_p99 = _percentiles_ms(_run("bare", case.rate, case.seconds)[0])
        p50, p99 = _percentiles_ms(_run("line", case.rate, case.seconds)[0])
        result.figure(f"bare_socket_{case.rate}_per_s_p50_ms", floor_p50)
        result.figure(f"bare_socket_{case.rate}_per_s_p99_ms", floor_p99)
        result.ratio(f"chain_{case.rate}_per_s_p50_vs_bare_socket", p50 / floor_p50)
        result.figure(f"chain_{case.rate}_per_s_p50_ms", p50)
        result.figure(f"chain_{case.rate}_per_s_p99_ms", p99)
        result.goal(f"P3_{case.rate}_per_s_p50_ms", p50, case.p50_goal_ms, better="lower")
        result.goal(f"P3_{case.rate}_per_s_p99_ms", p99, case.p99_goal_ms, better="lower")
    _, ticks_per_s = _run("line", 0, 0.5 if quick else 3.0)
    result.figure("chain_flood_ticks_per_s", ticks_per_s)
    result.goal("P3_flood_ticks_per_s", ticks_per_s, 150_000, better="higher")
    pin(0)


def _percentiles_ms(latencies_ns: list[int]) -> tuple[float, float]:
    return latencies_ns[len(latencies_ns) // 2] / 1e6, latencies_ns[len(latencies_ns) * 99 // 100] / 1e6


def _run(what: str, rate: int, seconds: float) -> tuple[list[int], float]:
    """Run one server, be its client; return sorted latencies in ns and the server's ticks a second."""
    server = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "tradewind.benches.chain_server", what, str(rate), str(seconds)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    if server.stdout is None:
        message = "the chain server has no output"
        raise RuntimeError(message)
    try:
        port = int(server.stdout.readline())
        latencies = [perf_ns() - stamp for stamp in _stamps(port)]
        ticks_per_s = float(server.stdout.readline())
        server.wait(timeout=10)
    finally:
        server.kill()
        server.wait()
        server.stdout.close()
    return sorted(latencies[_WARMUP:]) or [0], ticks_per_s


def _stamps(port: int) -> Iterator[int]:
    """Connect to the older opportunity stream and yield the newest stamp of each frame, until the server closes."""
    client = OpportunityClient(port)
    try:
        while (payload := client.frame()) is not None:
            found = _STAMP.findall(payload) if _OURS in payload else ()
            if found:
                yield max(map(int, found))
    finally:
        client.close()
