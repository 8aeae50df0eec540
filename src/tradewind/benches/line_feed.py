"""The ticks that benches run on: the simulated market, the same ones every time."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from tradewind.kernel.clock import NS_PER_S
from tradewind.kernel.metrics import Metrics
from tradewind.market.sources.simulator import SimulatorSource
from tradewind.runtime.wiring import build_line

if TYPE_CHECKING:
    from tradewind.domain.tick import RawTick
    from tradewind.runtime.settings import TradewindSettings

START_NS: Final = 1_767_578_400 * NS_PER_S


def simulated_ticks(settings: TradewindSettings, count: int) -> list[RawTick]:
    """Return `count` raw ticks of all simulated instruments, in the order they would come."""
    line = build_line(settings, metrics=Metrics())
    simulator = SimulatorSource(
        settings.market.simulator,
        contracts=line.instruments.liquid(),
        instruments=line.instruments,
        calendar=line.calendar,
    )
    return list(islice(simulator.ticks(START_NS), count))
