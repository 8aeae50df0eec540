"""C-001-7 from the form to the quote: the new contract flows within a second, the old one no more, nothing restarts."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec

from tradewind.bus.topics import CLEAN_TICKS
from tradewind.domain.tick import Tick
from tradewind.kernel.clock import monotonic_s
from tradewind.kernel.metrics import Metrics
from tradewind.market.service import MarketService
from tradewind.market.sources.settings import SimulatorSettings
from tradewind.runtime.settings import TradewindSettings
from tradewind.runtime.wiring import build_line, build_source, build_switch

from waiting import eventually

# Eight rounds a second, so that one contract's chance of a snapshot is taken often enough for a promise of a second.
SIMULATOR = SimulatorSettings(instruments=("au2604.SHFE", "IF2603.CFFEX"), warm_up_s=0.0, rate=4.0)


async def test_a_switch_lets_the_new_contract_flow_within_a_second(tmp_path: Path) -> None:
    settings = TradewindSettings(data_dir=str(tmp_path), rooms=())
    settings = msgspec.structs.replace(settings, market=msgspec.structs.replace(settings.market, simulator=SIMULATOR))
    line = build_line(settings, metrics=Metrics())
    source = build_source(settings, line, metrics=line.metrics)
    switch = build_switch(settings, line, source, line=line.intake, clock=line.clock)
    seen: dict[str, int] = {}
    first_s: dict[str, float] = {}

    def note(tick: Tick) -> None:
        seen[tick.instrument_id] = seen.get(tick.instrument_id, 0) + 1
        first_s.setdefault(tick.instrument_id, monotonic_s())

    line.bus.subscribe(CLEAN_TICKS, note, group="test")
    running = asyncio.create_task(MarketService(source=source, line=line.intake, before=switch.begin).run())
    try:
        await eventually(lambda: len(seen) == 2, timeout_s=5)
        await switch.switch("au2604", expected="", by="administrator")
        switched_s = monotonic_s()
        await switch.switch("au2608", expected="au2604", by="administrator")
        await eventually(lambda: "au2608.SHFE" in seen, timeout_s=5)
        assert first_s["au2608.SHFE"] - switched_s < 1.0

        old = seen["au2604.SHFE"]
        others = seen["IF2603.CFFEX"]
        await eventually(lambda: seen["IF2603.CFFEX"] > others + 4, timeout_s=10)
        assert seen["au2604.SHFE"] == old

        # Back again: the day's volume goes on, so cleaning has nothing to doubt.
        await switch.switch("au2604", expected="au2608", by="administrator")
        await eventually(lambda: seen["au2604.SHFE"] > old + 2, timeout_s=5)
        assert line.intake.counts().rejected == {}
    finally:
        running.cancel()
        await asyncio.wait([running])
