"""A recording through the whole line without a process around it: as fast as it goes, with a digest of the outcome."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from tradewind.kernel.clock import monotonic_s
from tradewind.kernel.metrics import Metrics
from tradewind.runtime.digest import OutputDigest
from tradewind.runtime.wiring import build_line, build_replay_source

if TYPE_CHECKING:
    from collections.abc import Collection

    from tradewind.market.ports import Intake
    from tradewind.market.sources.replay import ReplaySource
    from tradewind.runtime.settings import TradewindSettings
    from tradewind.strategies.service import StrategyService

_HANG_MS: Final = 10_000


class StrategyProblem(msgspec.Struct, frozen=True):
    """A strategy that did not do its part: never loaded, or quarantined on the way."""

    kind: Literal["not_loaded", "quarantined"]
    name: str
    """The strategy; of one that was not loaded the file, folder or entry point."""
    reason: str


class ReplayReport(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a recording. The first eight fields are what `tradewind replay --json` promises.

    `rejected` counts by reason; `ticks_per_s` and `elapsed_s` begin with the first tick, when the file is open, which
    took `opening_s`; `sha256` covers every output event in order. `remark` says what is imperfect about the file,
    `strategy_problems` which strategies did not do their part.
    """

    ticks_in: int
    rejected: dict[str, int]
    features: int
    signals: int
    opportunities: int
    alerts: int
    ticks_per_s: float
    sha256: str
    path: str
    remark: str
    malformed_rows: int
    ticks_clean: int
    bars: int
    signals_by_strategy: dict[str, int]
    opening_s: float
    elapsed_s: float
    strategy_problems: list[StrategyProblem]

    @property
    def is_complete(self) -> bool:
        """True if every strategy that was to run could be loaded."""
        return all(problem.kind != "not_loaded" for problem in self.strategy_problems)


def replay_file(
    settings: TradewindSettings, *, with_push: bool = False, strategies: Collection[str] = ()
) -> ReplayReport:
    """Send the recording that the settings name through the line, as fast as it goes.

    With names in `strategies` just these run, built-in ones, of the watched folder or of installed packages.

    Raises:
        ReplayFileError: the file cannot be played.
        ConfigError: the settings do not work, for example an unknown strategy.
    """
    # The outcome must not depend on how fast this machine is: no judging by time, short of a strategy that hangs.
    patient = msgspec.structs.replace(settings.strategies, cpu_budget_us=0, hang_ms=_HANG_MS)
    settings = msgspec.structs.replace(settings, strategies=patient)
    metrics = Metrics()
    line = build_line(settings, metrics=metrics, strategies=strategies)
    digest = OutputDigest(line.bus)
    source = build_replay_source(settings, line)
    if with_push:
        line.attach_push_map(settings)
    line.attach()
    try:
        opening_s, elapsed_s = _play(source, line.intake)
    finally:
        line.detach()
        line.flush()
    ticks_in = metrics.ticks_in.total()
    return ReplayReport(
        ticks_in=ticks_in,
        rejected=dict(sorted(metrics.ticks_rejected.counts.items())),
        features=digest.counts["features"],
        signals=digest.counts["signals"],
        opportunities=digest.counts["opportunities"],
        alerts=digest.counts["risk_alerts"],
        ticks_per_s=round(ticks_in / elapsed_s, 1) if elapsed_s > 0 else 0.0,
        sha256=digest.hexdigest(),
        path=settings.market.replay.path,
        remark=source.remark,
        malformed_rows=source.malformed_rows,
        ticks_clean=metrics.ticks_clean.total(),
        bars=digest.counts["bars"],
        signals_by_strategy=dict(sorted(metrics.signals.counts.items())),
        opening_s=round(opening_s, 3),
        elapsed_s=round(elapsed_s, 3),
        strategy_problems=_problems(line.strategies),
    )


def _problems(strategies: StrategyService) -> list[StrategyProblem]:
    refused = [StrategyProblem("not_loaded", source, reason) for source, reason in strategies.load_errors.items()]
    quarantined = [
        StrategyProblem("quarantined", report.name, report.health.evidence or "")
        for report in strategies.reports()
        if report.health.quarantines
    ]
    return refused + quarantined


def _play(source: ReplaySource, intake: Intake) -> tuple[float, float]:
    """Play everything; return how long opening the file took, and how long playing it."""
    begun_s = monotonic_s()
    # Mostly the first import of the columns' libraries, which says nothing about the line.
    source.prepare()
    # Collection would only walk over the ticks in flight: messages are untracked and hold no cycles.
    gc.collect()
    gc.disable()
    opened_s = monotonic_s()
    try:
        source.play(intake)
        return opened_s - begun_s, monotonic_s() - opened_s
    finally:
        gc.enable()
