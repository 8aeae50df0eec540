"""The trading process of `bench desk`: as `tradewind run trading`, and the broker on paper notes when it fills.

`python -m tradewind.benches.desk_trading STAMPS FLAG…` appends the time of each fill to STAMPS, 8 bytes each, on the
clock that every process of the machine reads: taken when the broker reports, before the platform hears of it.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from tradewind.execution.brokers.paper.broker import PaperBroker
from tradewind.execution.ports import FillReport
from tradewind.kernel.clock import perf_ns
from tradewind.kernel.settings import load
from tradewind.runtime.desk import building
from tradewind.runtime.process import run_apart
from tradewind.runtime.settings import TradewindSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tradewind.domain.order import Order
    from tradewind.execution.ports import Report

STAMP_BYTES = 8


class StampedBroker(PaperBroker):
    """The broker on paper with a stop-watch."""

    stamps = -1

    def connect(self, report: Callable[[Report], None], known: Sequence[Order]) -> None:
        """Open the exchange; each fill is noted before it is told."""

        def noted(told: Report) -> None:
            if isinstance(told, FillReport):
                os.write(self.stamps, perf_ns().to_bytes(STAMP_BYTES, "little"))
            report(told)

        super().connect(noted, known)


def run() -> int:
    """Serve until stopped."""
    StampedBroker.stamps = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    # The one thing that differs from production.
    building.PaperBroker = StampedBroker  # type: ignore[attr-defined]
    return run_apart("trading", load(TradewindSettings, flags=sys.argv[2:]).settings)


if __name__ == "__main__":
    sys.exit(run())
