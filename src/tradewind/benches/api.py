"""`tradewind bench api`: the polled list of opportunities under load, while the line runs, against bare C.

Our server has core 0 and runs the whole line at 100 ticks a second, each tick changing one of the 50 opportunities
in the list; a load client in C has core 1. Latency is an open loop of 500 requests a second, timed from when each
was due. Throughput is a closed loop, alternating with a C epoll responder that sends the same bytes from the same
core; our line runs on during its turns. Ratios are medians over the rounds, of each round by itself; beside the
ratio of rates stands that of processor time per request, which a busy machine disturbs less.
"""

from __future__ import annotations

import os
import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.benches.api_programs import (
    Answered,
    Load,
    Server,
    c_responder,
    compile_programs,
    hot_answer,
    our_server,
    put_load,
)
from tradewind.benches.result import BenchResult

if TYPE_CHECKING:
    from collections.abc import Callable

_TICKS_PER_S: Final = 100
_SERVER_CORE: Final = 0
_LOAD_CORE: Final = 1
_P99_GOAL_MS: Final = 5.0
_RATIO_GOAL: Final = 0.35


class _Scale(msgspec.Struct, frozen=True):
    rounds: int
    paced_ms: int
    flat_out_ms: int


_FULL: Final = _Scale(rounds=7, paced_ms=5_000, flat_out_ms=2_000)
_QUICK: Final = _Scale(rounds=1, paced_ms=1_000, flat_out_ms=500)


class _FlatOut(msgspec.Struct, frozen=True):
    rate: float
    cpu_us: float


def main(*, as_json: bool, quick: bool) -> dict[str, Any]:
    """Measure, show unless `as_json`, return the numbers.

    Raises: ConfigError: there is no C compiler, or a program of the bench failed.
    """
    scale = _QUICK if quick else _FULL
    result = BenchResult("api")
    with tempfile.TemporaryDirectory(prefix="tradewind-bench-") as name:
        folder = Path(name)
        compile_programs(folder)
        with our_server(folder, ticks_per_s=_TICKS_PER_S) as ours:
            answer = hot_answer(ours)
            result.figure("answer_bytes", len(answer))
            with c_responder(folder, answer, _core(_SERVER_CORE)) as bare:
                _measure(result, folder, ours, bare, scale)
    if not as_json:
        result.show()
    return result.as_dict()


def _measure(result: BenchResult, folder: Path, ours: Server, bare: Server, scale: _Scale) -> None:
    paced = Load(connections=50, rate=500, warmup_ms=300, measured_ms=scale.paced_ms)
    flat_out = Load(connections=32, rate=0, warmup_ms=100, measured_ms=scale.flat_out_ms)
    latencies, c_latencies = [], []
    flat, c_flat = [], []
    for _ in range(scale.rounds):
        latencies.append(put_load(folder, ours, paced, _core(_LOAD_CORE)))
        c_latencies.append(put_load(folder, bare, paced, _core(_LOAD_CORE)))
        flat.append(_flat_out(folder, ours, flat_out))
        c_flat.append(_flat_out(folder, bare, flat_out))
    _report_latency(result, "at_500_per_s", latencies)
    _report_latency(result, "c_at_500_per_s", c_latencies)
    result.figure("requests_per_s", statistics.median(run.rate for run in flat))
    result.figure("c_requests_per_s", statistics.median(run.rate for run in c_flat))
    result.figure("cpu_us_per_request", statistics.median(run.cpu_us for run in flat))
    result.figure("c_cpu_us_per_request", statistics.median(run.cpu_us for run in c_flat))
    pairs = list(zip(flat, c_flat, strict=True))
    rate_ratio = statistics.median(own.rate / c.rate for own, c in pairs)
    result.ratio("requests_vs_c", rate_ratio)
    result.ratio("cpu_per_request_vs_c", statistics.median(own.cpu_us / c.cpu_us for own, c in pairs))
    # Says how much of a bad figure is the machine's: other work on these cores delays the C responder as well.
    p99_pairs = zip(latencies, c_latencies, strict=True)
    result.ratio("p99_at_500_vs_c", statistics.median(own.p99_us / c.p99_us for own, c in p99_pairs))
    p99_ms = statistics.median(run.p99_us for run in latencies) / 1e3
    result.goal("P9_p99_ms_at_500_per_s", p99_ms, _P99_GOAL_MS, better="lower")
    result.goal("P9_requests_vs_c", rate_ratio, _RATIO_GOAL, better="higher")


def _flat_out(folder: Path, server: Server, load: Load) -> _FlatOut:
    before_s = server.cpu_s()
    seen = put_load(folder, server, load, _core(_LOAD_CORE))
    # The client counts the measured stretch only; the processor worked through the warm-up as well.
    requests = seen.requests_per_s * (load.warmup_ms + load.measured_ms) / 1e3
    return _FlatOut(seen.requests_per_s, (server.cpu_s() - before_s) / requests * 1e6)


def _report_latency(result: BenchResult, name: str, runs: list[Answered]) -> None:
    def middle(of: Callable[[Answered], float]) -> float:
        return statistics.median(of(run) for run in runs)

    result.figure(f"{name}_p50_us", middle(lambda run: run.p50_us))
    result.figure(f"{name}_p99_us", middle(lambda run: run.p99_us))
    result.figure(f"{name}_p999_us", middle(lambda run: run.p999_us))


def _core(core: int) -> int:
    """Return the core if this process may use it and there are two, else -1 for no pinning."""
    usable = os.sched_getaffinity(0)
    return core if core in usable and len(usable) > 1 else -1
