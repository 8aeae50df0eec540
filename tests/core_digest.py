"""Prints the fingerprint of what the line makes of a market; run once with each core by the flow tests.

python tests/core_digest.py simulated 30000
python tests/core_digest.py recorded FILE
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from itertools import islice

from tradewind.benches.line_feed import simulated_ticks
from tradewind.domain.tick import RawTick
from tradewind.kernel.metrics import Metrics
from tradewind.kernel.settings import load
from tradewind.native import why_not
from tradewind.runtime.digest import OutputDigest
from tradewind.runtime.settings import TradewindSettings
from tradewind.runtime.wiring import build_line, build_replay_source


def main(kind: str, what: str) -> None:
    """Send the market through the whole line, the push map attached; strategies are not judged by time."""
    patient = ["strategies.cpu_budget_us=0", "strategies.hang_ms=10000"]
    flags = [*patient, "market.source=replay", f"market.replay.path={what}"] if kind == "recorded" else patient
    settings = load(TradewindSettings, flags=flags).settings
    metrics = Metrics()
    line = build_line(settings, metrics=metrics)
    digest = OutputDigest(line.bus)
    line.attach_push_map(settings)
    line.attach()
    ticks: Iterable[RawTick] = ()
    if kind == "recorded":
        ticks = islice(build_replay_source(settings, line).ticks(), 200_000)
    else:
        ticks = simulated_ticks(settings, int(what))
    for raw in ticks:
        line.intake.accept(raw)
    line.intake.flush()
    counted = [dict(counter.counts) for counter in metrics.counters()]
    core = "plain" if why_not else "compiled"
    sys.stdout.write(f"{core}\n{digest.hexdigest()}\n{digest.counts}\n{counted}\n{line.market.scorecards()}\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
