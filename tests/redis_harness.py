"""Redis buses with short times, and ways to make one die as a killed process would."""

from __future__ import annotations

import asyncio
from typing import Any

from real_redis import RealRedis
from tradewind.bus.redis import RedisBus
from tradewind.bus.settings import BusSettings
from tradewind.domain.opportunity import Contribution, Opportunity, OpportunityState
from tradewind.domain.signal import Signal
from tradewind.domain.tick import Tick
from tradewind.kernel.metrics import Metrics


def quick_settings(server: RealRedis, **changes: Any) -> BusSettings:
    """Return settings under which leases, trims and retries take tenths of a second."""
    fields: dict[str, Any] = {
        "kind": "redis",
        "url": server.url,
        "password": server.password,
        "block_ms": 200,
        "reclaim_idle_s": 0.4,
        "trim_s": 0.05,
        "timeout_s": 1.0,
        "connect_s": 1.0,
        "retry_scale": 0.02,
        "retry_max_s": 0.1,
    }
    return BusSettings(**{**fields, **changes})


def quick_bus(server: RealRedis, **changes: Any) -> RedisBus:
    """Return a bus of its own metrics; failing handlers are only counted by what they leave."""
    return RedisBus(quick_settings(server, **changes), metrics=Metrics())


async def crash(bus: RedisBus) -> None:
    """End a bus without a word: nothing given back, nothing acknowledged, sockets closed."""
    assert bus._task is not None
    bus._task.cancel()
    await asyncio.wait([bus._task])
    bus._task = None


class Numbers:
    """Notes the sequence numbers of ticks as a room does: what is not newer per instrument is a repeat."""

    def __init__(self) -> None:
        self.last: dict[str, int] = {}
        self.repeats = 0
        self.gaps = 0

    def take(self, tick: Tick) -> None:
        last = self.last.get(tick.instrument_id, 0)
        if tick.seq <= last:
            self.repeats += 1
            return
        self.gaps += tick.seq - last - 1
        self.last[tick.instrument_id] = tick.seq


def make_signal(number: int, **changes: Any) -> Signal:
    fields: dict[str, Any] = {
        "instrument_id": "IF2101.CFFEX",
        "signal_type": "rapid_rise",
        "side": "buy",
        "confidence": 0.7,
        "strength": 61.5,
        "reasons": ("rapid_rise change_percent=2.1 window=60s",),
        "window": "60s",
        "signal_id": f"rapid_rise:IF2101.CFFEX:{number}",
        "strategy": "rapid_rise",
        "seq": number,
        "ts_event": 1_609_723_800_500_000_123,
        "last_price": 5230.0,
        "cause": f"tick:IF2101.CFFEX:{number}",
    }
    return Signal(**{**fields, **changes})


def make_opportunity(**changes: Any) -> Opportunity:
    contribution = Contribution(
        strategy="rapid_rise",
        signal_id="rapid_rise:IF2101.CFFEX:1",
        signal_type="rapid_rise",
        side="buy",
        confidence=0.7,
        strength=61.5,
        weight=1.0,
        ts_event=1_609_723_800_500_000_123,
        reasons=("rapid_rise change_percent=2.1 window=60s",),
    )
    fields: dict[str, Any] = {
        "opportunity_id": "IF2101.CFFEX-buy-1",
        "instrument_id": "IF2101.CFFEX",
        "side": "buy",
        "state": OpportunityState.NEW,
        "version": 1,
        "confidence": 0.7,
        "strength": 61.5,
        "last_price": 5230.0,
        "entry_price": 5229.8,
        "created_at": 1_609_723_800_500_000_123,
        "updated_at": 1_609_723_800_500_000_124,
        "expires_at": 1_609_723_860_500_000_125,
        "reasons": ("confirmed by=1",),
        "contributions": (contribution,),
        "cause": "rapid_rise:IF2101.CFFEX:1",
    }
    return Opportunity(**{**fields, **changes})
