"""Shares and currencies of a data provider go the way of every tick: quotes in, opportunities out."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from infoway_builders import stand_in
from tradewind.bus.topics import CLEAN_TICKS, OPPORTUNITIES
from tradewind.domain.opportunity import Opportunity
from tradewind.domain.tick import Tick
from tradewind.kernel.clock import NS_PER_MS, NS_PER_S, FakeClock
from tradewind.kernel.metrics import Metrics
from tradewind.kernel.settings import load
from tradewind.market.sources.infoway import InfowaySource
from tradewind.runtime.settings import TradewindSettings
from tradewind.runtime.wiring import build_line, build_source
from tradewind.testing.infoway_live import Guest
from tradewind.testing.infoway_market import GOOD_KEY

from waiting import eventually

NOW_NS = 1_795_000_000 * NS_PER_S


@pytest.mark.parametrize("by", ["push", "poll"])
async def test_a_share_that_rises_fast_becomes_an_opportunity(by: str) -> None:
    async with stand_in() as server:
        flags = [
            "market.source=infoway", 'market.infoway.codes=["TSLA.US","700.HK","USDCNY"]', f"market.infoway.by={by}",
            "market.calendar=round_the_clock", "market.infoway.depth=false", "market.infoway.poll_s=0.05",
            f"infoway.api_key={GOOD_KEY}", "infoway.plan=professional", "infoway.per_second=1000",
            f"infoway.base_url={server.base_url}", f"infoway.live_url={server.live_url}",
        ]  # fmt: skip
        settings = load(TradewindSettings, flags=flags).settings
        line = build_line(settings, metrics=Metrics(), strategies=("rapid_rise",))
        line.attach()
        ticks: list[Tick] = []
        found: list[Opportunity] = []
        line.bus.subscribe(CLEAN_TICKS, ticks.append, group="test")
        line.bus.subscribe(OPPORTUNITIES, found.append, group="test")
        source = build_source(settings, line, metrics=line.metrics)
        assert isinstance(source, InfowaySource)
        clock = FakeClock(NOW_NS)
        source._clock = clock
        for code, price in (("TSLA.US", 250.0), ("00700.HK", 380.0), ("USDCNY", 7.1)):
            server.market.quote(code, price, at_ms=NOW_NS // NS_PER_MS)
        task = asyncio.create_task(source.run(line.intake))
        await eventually(lambda: by == "poll" or {"TSLA.US", "00700.HK"} <= _subscribed(server.live.guests))
        for step in range(90):
            clock.advance(1.0)
            seen = len(ticks)
            await server.publish("TSLA.US", round(250.0 * 1.0005**step, 2), size=100, at_ms=clock.now_ns() // NS_PER_MS)
            await eventually(lambda seen=seen: len(ticks) > seen)  # type: ignore[misc]
            if found:
                break
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        line.detach()
    assert {one.instrument_id for one in found} == {"TSLA.US"}
    assert found[0].side == "buy"
    assert all(
        later.volume >= tick.volume for tick, later in pairwise(ticks) if tick.instrument_id == later.instrument_id
    )


def _subscribed(guests: list[Guest]) -> set[str]:
    return {code for guest in guests for code in guest.codes["trade"]}
