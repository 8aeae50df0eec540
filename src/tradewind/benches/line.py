"""`tradewind bench line`: what a tick costs, stage by stage, and how long it takes from source to strategy and screen.

One core, 20 simulated instruments, everything on: cleaning, features, six strategies, aggregation, risk, push map.
Stages are measured by adding one room after the other to the same ticks; each figure is the median of several rounds.
"""

from __future__ import annotations

import gc
import statistics
from typing import TYPE_CHECKING, Any, Final

import click
import msgspec

from tradewind.benches.chain import measure_chain
from tradewind.benches.floors import empty_call_us, numpy_recompute_us
from tradewind.benches.line_feed import simulated_ticks
from tradewind.benches.recordings import replay_rate
from tradewind.benches.result import BenchResult, pin
from tradewind.bus.topics import CLEAN_TICKS
from tradewind.kernel.clock import NS_PER_S, perf_ns
from tradewind.kernel.metrics import Metrics
from tradewind.kernel.settings import load
from tradewind.native import describe
from tradewind.runtime.settings import TradewindSettings
from tradewind.runtime.wiring import Line, build_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tradewind.domain.tick import RawTick, Tick

_STAGES: Final = ("features", "strategies", "signals", "risk")
_PACE_HZ: Final = 20_000
_FEATURES_ON_EVERY_TICK: Final = {"features.windows": '["60s"]', "features.indicator_interval": "tick"}


class _Scale(msgspec.Struct, frozen=True):
    ticks: int
    rounds: int
    paced: int


_FULL: Final = _Scale(ticks=100_000, rounds=5, paced=40_000)
_QUICK: Final = _Scale(ticks=8_000, rounds=1, paced=4_000)


def main(*, as_json: bool, quick: bool) -> dict[str, Any]:
    """Measure, show unless `as_json`, return the numbers."""
    scale = _QUICK if quick else _FULL
    pin(0)
    result = BenchResult("line")
    settings = TradewindSettings()
    raws = simulated_ticks(settings, scale.ticks)
    _stages(result, settings, raws, scale)
    _features_alone(result, raws, scale)
    _source_to_strategy(result, settings, raws, scale)
    measure_chain(result, quick=quick)
    replay_rate(result, quick=quick)
    if not as_json:
        click.echo(f"\n{describe()}")
        result.show()
    return {**result.as_dict(), "core": describe()}


def _stages(result: BenchResult, settings: TradewindSettings, raws: Sequence[RawTick], scale: _Scale) -> None:
    compositions = [(name, _STAGES[:index], False) for index, name in enumerate(("market", *_STAGES))]
    compositions.append(("push_map", _STAGES, True))
    taken: dict[str, list[float]] = {name: [] for name, _, _ in compositions}
    floors = []
    for _ in range(scale.rounds):
        for name, rooms, with_push in compositions:
            taken[name].append(_cost_us(_with_rooms(settings, rooms), raws, with_push=with_push))
        floors.append(empty_call_us(raws))
    medians = {name: statistics.median(values) for name, values in taken.items()}
    before = 0.0
    for name, total in medians.items():
        result.figure(f"{name}_us", total - before)
        before = total
    total = medians["push_map"]
    floor = statistics.median(floors)
    result.figure("everything_us", total)
    result.figure("floor_message_and_call_us", floor)
    result.figure("ticks_per_s", 1e6 / total)
    result.ratio("everything_vs_floor", total / floor)
    result.goal("P1_everything_us", total, 6.0, better="lower")


def _with_rooms(settings: TradewindSettings, rooms: Sequence[str]) -> TradewindSettings:
    """Return the settings with just these rooms; signals needs no features where features is left out."""
    changes: dict[str, Any] = {"rooms": tuple(rooms)}
    if "features" not in rooms:
        changes["signals"] = msgspec.structs.replace(settings.signals, track_on="ticks")
    return msgspec.structs.replace(settings, **changes)


def _cost_us(settings: TradewindSettings, raws: Sequence[RawTick], *, with_push: bool) -> float:
    line = build_line(settings, metrics=Metrics())
    line.attach()
    if with_push:
        line.attach_push_map(settings)
    return _drive_us(line, raws)


def _drive_us(line: Line, raws: Sequence[RawTick]) -> float:
    accept = line.intake.accept
    gc.collect()
    gc.freeze()
    begun = perf_ns()
    for raw in raws:
        accept(raw)
    taken_us = (perf_ns() - begun) / len(raws) / 1e3
    gc.unfreeze()
    return taken_us


def _features_alone(result: BenchResult, raws: Sequence[RawTick], scale: _Scale) -> None:
    """P10: the features room on ticks that are clean already, its indicators moving on every tick."""
    flags = [f"{key}={value}" for key, value in _FEATURES_ON_EVERY_TICK.items()]
    settings = load(TradewindSettings, flags=flags).settings
    market_only = [_cost_us(_with_rooms(settings, ()), raws, with_push=False) for _ in range(scale.rounds)]
    with_features = [_cost_us(_with_rooms(settings, ("features",)), raws, with_push=False) for _ in range(scale.rounds)]
    ours = statistics.median(with_features) - statistics.median(market_only)
    prices = [raw[4] for raw in raws if raw[4] is not None]
    volumes = [max(1, (raw[5] or 0) % 50) for raw in raws]
    recompute = numpy_recompute_us(prices, volumes, min(len(prices), 3_000))
    result.figure("features_every_tick_us", ours)
    result.figure("numpy_recompute_14_features_us", recompute)
    result.ratio("numpy_recompute_vs_features", recompute / ours)
    result.goal("P10_features_us", ours, 2.5, better="lower")


def _source_to_strategy(
    result: BenchResult, settings: TradewindSettings, raws: Sequence[RawTick], scale: _Scale
) -> None:
    """P2: from the source's call to the strategy's, 20 000 ticks a second, everything on."""
    line = build_line(settings, metrics=Metrics())
    begun_ns = 0
    latencies: list[int] = []

    def on_tick(_tick: Tick) -> None:
        latencies.append(perf_ns() - begun_ns)

    # Where the strategies stand in the flow: behind features, so that the tick reaches them last.
    line.features.attach()
    line.bus.subscribe(CLEAN_TICKS, on_tick, group="strategies")
    for room in (line.signals, line.risk):
        room.attach()
    line.attach_push_map(settings)
    accept = line.intake.accept
    paced = raws[: scale.paced]
    for raw in raws[: min(2_000, len(raws) // 4)]:
        accept(raw)
    latencies.clear()
    gc.collect()
    gc.freeze()
    due = perf_ns()
    for raw in paced[2_000:]:
        due += NS_PER_S // _PACE_HZ
        while perf_ns() < due:
            pass
        begun_ns = perf_ns()
        accept(raw)
    gc.unfreeze()
    latencies.sort()
    p50, p99 = latencies[len(latencies) // 2] / 1e3, latencies[len(latencies) * 99 // 100] / 1e3
    result.figure("source_to_strategy_p50_us", p50)
    result.figure("source_to_strategy_p99_us", p99)
    result.goal("P2_p50_us", p50, 15.0, better="lower")
    result.goal("P2_p99_us", p99, 100.0, better="lower")
