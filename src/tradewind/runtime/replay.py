"""A recording through the whole line without a process around it: as fast as it goes, with a digest of the outcome."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.kernel.clock import NS_PER_S, monotonic_s
from tradewind.kernel.metrics import Metrics
from tradewind.runtime.digest import OutputDigest
from tradewind.runtime.wiring import build_line, build_replay_source

if TYPE_CHECKING:
    from tradewind.runtime.settings import TradewindSettings

_HANG_MS: Final = 10_000


class ReplayReport(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a recording; `rejected` counts by reason, `sha256` covers every output event in order."""

    path: str
    ticks_in: int
    ticks_clean: int
    rejected: dict[str, int]
    malformed_rows: int
    features: int
    bars: int
    signals: int
    signals_by_strategy: dict[str, int]
    opportunities: int
    alerts: int
    elapsed_s: float
    ticks_per_s: float
    sha256: str


def replay_file(settings: TradewindSettings, *, with_push: bool = False) -> ReplayReport:
    """Send the recording that the settings name through the line, as fast as it goes.

    Raises:
        ReplayFileError: the file cannot be played.
        ConfigError: the settings do not work, for example an unknown strategy.
    """
    # The outcome must not depend on how fast this machine is: no judging by time, short of a strategy that hangs.
    patient = msgspec.structs.replace(settings.strategies, cpu_budget_us=0, hang_ms=_HANG_MS)
    settings = msgspec.structs.replace(settings, strategies=patient)
    metrics = Metrics()
    line = build_line(settings, metrics=metrics)
    digest = OutputDigest(line.bus)
    source = build_replay_source(settings, line)
    if with_push:
        line.attach_push_map(settings)
    line.attach()
    accept = line.intake.accept
    # Collection would only walk over the ticks in flight: messages are untracked and hold no cycles.
    gc.collect()
    gc.disable()
    begun_s = monotonic_s()
    try:
        for raw in source.ticks():
            accept(raw)
    finally:
        gc.enable()
    line.intake.advance_to(line.clock.now_ns() + round(settings.market.replay.tail_s * NS_PER_S))
    elapsed_s = monotonic_s() - begun_s
    line.detach()
    line.intake.flush()
    ticks_in = metrics.ticks_in.total()
    return ReplayReport(
        path=settings.market.replay.path,
        ticks_in=ticks_in,
        ticks_clean=metrics.ticks_clean.total(),
        rejected=dict(sorted(metrics.ticks_rejected.counts.items())),
        malformed_rows=source.malformed_rows,
        features=digest.counts["features"],
        bars=digest.counts["bars"],
        signals=digest.counts["signals"],
        signals_by_strategy=dict(sorted(metrics.signals.counts.items())),
        opportunities=digest.counts["opportunities"],
        alerts=digest.counts["risk_alerts"],
        elapsed_s=round(elapsed_s, 3),
        ticks_per_s=round(ticks_in / elapsed_s, 1) if elapsed_s > 0 else 0.0,
        sha256=digest.hexdigest(),
    )
