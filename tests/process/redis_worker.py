"""A service for the kill test: turns each tick into one signal, in a process of its own, until it is killed."""

from __future__ import annotations

import asyncio
import sys

from tradewind.bus.redis import RedisBus
from tradewind.bus.settings import BusSettings
from tradewind.bus.topics import CLEAN_TICKS, SIGNALS
from tradewind.domain.signal import Signal
from tradewind.domain.tick import Tick
from tradewind.kernel.metrics import Metrics


async def work(url: str, member: str) -> None:
    settings = BusSettings(kind="redis", url=url, member=member, batch=50, mirrors=False, reclaim_idle_s=0.6)
    bus = RedisBus(settings, metrics=Metrics())
    publish = bus.publisher(SIGNALS)

    def on_tick(tick: Tick) -> None:
        publish(
            Signal(
                instrument_id=tick.instrument_id,
                signal_type="echo",
                side="buy",
                confidence=1.0,
                strength=1.0,
                signal_id=f"echo:{tick.instrument_id}:{tick.seq}",
                strategy="echo",
                seq=tick.seq,
            )
        )

    bus.subscribe(CLEAN_TICKS, on_tick, group="workers")
    await bus.start()
    print("ready", flush=True)  # noqa: T201 - what the test waits for
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(work(*sys.argv[1:3]))
