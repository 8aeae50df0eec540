"""`tradewind bench pipeline`: tick written to `dfp:clean_ticks` → opportunity at a WebSocket client, services apart.

Ours runs as docs/production.en.md recommends for speed: `bus.codec=packed`, `bus.edge_pause_ms=5`, a Redis of the same
machine over its socket. Its writer stands in for the market's process and writes what comes in a turn as one entry, as
that does. The baseline is what it is: one entry and one round trip a tick.

Ours and the straightforward implementation of the same system (benchmarks/peers/signal_services) in turn, on one
Redis, with the same ticks, the same marks and the same client. Latency at a steady rate, from the stamp taken just
before a tick is written; then the sustained rate: so many ticks as fast as they can be written, until the opportunity
of the last marked one has arrived. Figures are medians of the rounds, the ratio the median of the rounds' ratios.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec

from tradewind.benches.opportunity_client import OpportunityClient
from tradewind.benches.pipeline_services import PEERS, RedisPlace, own_redis, start_peers, start_services
from tradewind.benches.pipeline_ticks import write_files
from tradewind.benches.result import BenchResult
from tradewind.errors import ConfigError
from tradewind.kernel.clock import NS_PER_S, SystemClock, monotonic_s

_STAMP: Final = re.compile(rb"sent ns=(\d+)")
_PATIENCE_S: Final = 120.0
_LOOK_S: Final = 0.5
_WARM_UP: Final = 0.2
"""Share of the paced opportunities that is not counted."""
_P50_GOAL_MS, _P99_GOAL_MS, _RATIO_GOAL = 1.0, 2.0, 30.0


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How much to measure; the baseline floods with fewer ticks, for it takes longer over each."""

    rounds: int = 3
    rate: int = 1_000
    paced: int = 10_000
    flood: int = 60_000
    peer_paced: int = 5_000
    peer_flood: int = 6_000


QUICK: Final = Options(rounds=1, paced=2_000, flood=20_000, peer_paced=1_000, peer_flood=2_000)


class Seen(msgspec.Struct, frozen=True):
    """One side in one round: latencies in ms, sustained ticks a second."""

    p50_ms: float
    p99_ms: float
    opportunities: int
    ticks_per_s: float


class Writer(msgspec.Struct, frozen=True):
    """A program that writes ticks: from `begin`, so many, at a rate; prints its first and its last marked stamp."""

    command: Callable[[int, int, int], list[str]]
    cwd: Path | None = None
    environ: dict[str, str] = {}


def our_writer(redis: RedisPlace, file: Path) -> Writer:
    """Return the writer of our side."""

    def command(begin: int, count: int, rate: int) -> list[str]:
        arguments = (str(redis.socket), str(file), str(begin), str(count), str(rate))
        return [sys.executable, "-m", "tradewind.benches.pipeline_writer", *arguments]

    return Writer(command)


def peer_writer(redis: RedisPlace, file: Path) -> Writer:
    """Return the baseline's own writer; its ticks carry no numbers that must go on, so each writing begins anew."""

    def command(_begin: int, count: int, rate: int) -> list[str]:
        return [sys.executable, "market_writer.py", str(file), str(rate), str(count)]

    return Writer(command, PEERS, {"REDIS_URL": f"redis://127.0.0.1:{redis.port}"})


def measure_side(port: int, writer: Writer, *, paced: int, flood: int, rate: int) -> Seen:
    """Measure one side that is up and serves opportunities at `port`.

    Raises: ConfigError: nothing comes, or not in time.
    """
    client = OpportunityClient(port)
    try:
        latencies, _ = _through(client, writer, 0, paced, rate)
        counted = sorted(latencies[round(len(latencies) * _WARM_UP) :])
        if not counted:
            message = f"no opportunity came of {paced} ticks; the services' words stand above"
            raise ConfigError(message)
        _, took_s = _through(client, writer, paced, flood, 0)
    finally:
        client.close()
    return Seen(
        counted[len(counted) // 2] / 1e6, counted[len(counted) * 99 // 100] / 1e6, len(latencies), flood / took_s
    )


def _through(client: OpportunityClient, writer: Writer, begin: int, count: int, rate: int) -> tuple[list[int], float]:
    """Let a writer write; return each opportunity's latency in ns, and the time from first tick to last arrival."""
    now_ns = SystemClock().now_ns
    latencies: list[int] = []
    last_ns = arrived_ns = 0
    told: tuple[int, int] | None = None
    until_s = monotonic_s() + _PATIENCE_S
    with subprocess.Popen(  # noqa: S603 - programs of ours
        writer.command(begin, count, rate),
        stdout=subprocess.PIPE,
        cwd=writer.cwd,
        env={**os.environ, **writer.environ},
    ) as process:
        while told is None or last_ns < told[1]:
            if monotonic_s() > until_s:
                process.kill()
                message = f"the last opportunity did not come within {_PATIENCE_S:g} s"
                raise ConfigError(message)
            newest = _newest_stamp(client)
            # A version that time alone made carries a stamp seen before.
            if newest > last_ns:
                last_ns, arrived_ns = newest, now_ns()
                latencies.append(arrived_ns - newest)
            if told is None and process.poll() is not None:
                told = _told_by(process)
    return latencies, (arrived_ns - told[0]) / NS_PER_S


def _newest_stamp(client: OpportunityClient) -> int:
    """Return the newest stamp in the next frame; 0 where it has none or none comes for a while."""
    try:
        payload = client.frame(_LOOK_S)
    except TimeoutError:
        return 0
    if payload is None:
        message = "the server closed the stream; the services' words stand above"
        raise ConfigError(message)
    return max(map(int, _STAMP.findall(payload)), default=0)


def _told_by(process: subprocess.Popen[bytes]) -> tuple[int, int]:
    words = process.stdout.read().split() if process.stdout is not None else []
    if process.returncode or len(words) != len(("begun", "marked")):
        message = f"the writer {process.args!r} ended with {process.returncode}; its words stand above"
        raise ConfigError(message)
    return int(words[0]), int(words[1])


def run(options: Options) -> BenchResult:
    """Measure both sides in turn.

    Raises: ConfigError: redis-server or the baseline's libraries are missing, or a service would not start.
    """
    ours: list[Seen] = []
    peers: list[Seen] = []
    with tempfile.TemporaryDirectory(prefix="tradewind-bench-") as name:
        folder = Path(name)
        our_file, peer_file, strategies = write_files(folder, options.paced + options.flood)
        for number in range(options.rounds):
            place = folder / f"round-{number}"
            place.mkdir()
            with own_redis(place) as redis, start_services(redis, place, strategies) as port:
                writer = our_writer(redis, our_file)
                ours.append(measure_side(port, writer, paced=options.paced, flood=options.flood, rate=options.rate))
            with own_redis(place) as redis, start_peers(redis) as port:
                writer = peer_writer(redis, peer_file)
                peers.append(
                    measure_side(port, writer, paced=options.peer_paced, flood=options.peer_flood, rate=options.rate)
                )
    return _report(ours, peers)


def _report(ours: list[Seen], peers: list[Seen]) -> BenchResult:
    result = BenchResult("pipeline")
    for side, seen in (("", ours), ("peer_", peers)):
        for name in ("p50_ms", "p99_ms", "ticks_per_s", "opportunities"):
            result.figure(f"{side}{name}", statistics.median(getattr(one, name) for one in seen))
    pairs = list(zip(ours, peers, strict=True))
    rate = statistics.median(one.ticks_per_s / other.ticks_per_s for one, other in pairs)
    result.ratio("ticks_per_s_vs_peer", rate)
    result.ratio("p50_vs_peer", statistics.median(one.p50_ms / other.p50_ms for one, other in pairs))
    result.goal("pipeline_p50_ms", result.figures["p50_ms"], _P50_GOAL_MS, better="lower")
    result.goal("pipeline_p99_ms", result.figures["p99_ms"], _P99_GOAL_MS, better="lower")
    result.goal("ticks_per_s_vs_peer", rate, _RATIO_GOAL, better="higher")
    return result


def main(as_json: bool, quick: bool) -> dict[str, Any]:  # noqa: FBT001 - the benches' common signature
    """Run the bench, show a table unless JSON is wanted, return the result."""
    result = run(QUICK if quick else Options())
    if not as_json:
        result.show()
    return result.as_dict()
