"""The server half of the API bench: the embedded line, fed at a steady rate, with REST beside it.

`python -m tradewind.benches.api_server PORT RATE FOLDER`. All rooms run; beside what they find, 50 opportunities are
kept moving, one new version a tick, so that the polled list is never the same bytes for long. Prints `ready`; ends
when it is told to.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import msgspec

from tradewind.api.ports import House, ServiceView, SourceInfo
from tradewind.api.service import ApiService
from tradewind.api.settings import ApiSettings
from tradewind.api.views import ApiViews
from tradewind.benches.line_feed import simulated_ticks
from tradewind.benches.result import pin
from tradewind.bus.topics import OPPORTUNITIES
from tradewind.domain.opportunity import Contribution, Opportunity, OpportunityState
from tradewind.identity import AccessSettings, AccessTokens, Gate, Sessions
from tradewind.kernel.clock import SystemClock, monotonic_s
from tradewind.kernel.log import configure_logs
from tradewind.kernel.metrics import Metrics
from tradewind.runtime.embedded import InstrumentAnswers
from tradewind.runtime.here import Scorecards, StrategyReports
from tradewind.runtime.settings import TradewindSettings
from tradewind.runtime.wiring import Line, build_line
from tradewind.stores.memory_people import MemoryIdentityStore
from tradewind.ui.pages import StaticPages

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tradewind.domain.tick import RawTick

_LISTED: Final = 50
_TICKS: Final = 20_000
_UNLIMITED: Final = 1_000_000_000
"""The rate limit stays in the way of every request; it is only set higher than a load client can reach."""


class BenchSystem:
    """`api.ports.SystemQueries` of a process that is only measured."""

    def source(self) -> SourceInfo:
        """Say what plays."""
        return SourceInfo("simulator", "bench")

    def services(self) -> Sequence[ServiceView]:
        """Say that nothing is supervised."""
        return ()

    def feed_alarm(self) -> None:
        """There is no feed."""

    def system(self) -> object:
        """Say nothing more."""
        return self.source()


def _opportunity(number: int) -> Opportunity:
    """Return one with three strategies behind it, as large as real ones are."""
    contributions = tuple(
        Contribution(
            strategy=strategy,
            signal_id=f"{strategy}:au{number}.SHFE:{number}",
            signal_type=strategy,
            side="buy",
            confidence=0.71,
            strength=64.5,
            weight=1 / 3,
            ts_event=1_767_578_400_000_000_000 + number,
            reasons=(f"{strategy} change_percent=0.42 window=60s",),
        )
        for strategy in ("rapid_rise", "momentum", "macd")
    )
    return Opportunity(
        opportunity_id=f"au{number}.SHFE-1767578400-buy",
        instrument_id=f"au{number}.SHFE",
        side="buy",
        state=OpportunityState.ACTIVE,
        version=1,
        confidence=0.7417,
        strength=64.5,
        last_price=945.74,
        entry_price=944.2,
        created_at=1_767_578_400_000_000_000,
        updated_at=1_767_578_400_000_000_000,
        expires_at=1_767_578_460_000_000_000,
        reasons=("agreement strategies=3", "strength mean=64.5"),
        contributions=contributions,
        cause=f"signal:macd:au{number}.SHFE:{number}",
    )


class Movement:
    """Keeps the listed opportunities moving: one more version of the next one at each call."""

    def __init__(self, publish: Callable[[Opportunity], None]) -> None:
        self._publish = publish
        self._current = [_opportunity(number) for number in range(_LISTED)]
        self._next = cycle(range(_LISTED))
        for opportunity in self._current:
            publish(opportunity)

    def step(self) -> None:
        """Publish one version."""
        index = next(self._next)
        moved = self._current[index]
        moved = msgspec.structs.replace(moved, version=moved.version + 1, updated_at=moved.updated_at + 1)
        self._current[index] = moved
        self._publish(moved)


def _api(line: Line, port: int, folder: Path) -> ApiService:
    clock = SystemClock()
    access = AccessSettings()
    tokens = AccessTokens(folder / "access.json")
    sessions = Sessions(MemoryIdentityStore(), settings=access, clock=clock, tokens=tokens)
    settings = ApiSettings(port=port, rate_per_s=_UNLIMITED, rate_burst=_UNLIMITED, default_limit=_LISTED)
    views = ApiViews(bus=line.bus, settings=settings, metrics=line.metrics)
    gate = Gate(
        settings=access,
        tokens=tokens,
        sessions=sessions,
        clock=clock,
        api_address=(settings.host, settings.port),
        push_address=(settings.host, settings.port),
    )
    house = House(
        gate=gate,
        sessions=sessions,
        instruments=InstrumentAnswers(line),
        calendar=line.calendar,
        quality=Scorecards(line.market.scorecards),
        strategies=StrategyReports(line.strategies.reports),
        system=BenchSystem(),
        metrics=line.metrics,
        push_port=port,
    )
    return ApiService(settings=settings, views=views, house=house, pages=StaticPages())


async def _feed(line: Line, movement: Movement, raws: Sequence[RawTick], rate: int) -> None:
    """Let the ticks in at their rate, over and over: seen ones are rejected as such, which is work too."""
    begun_s = monotonic_s()
    for index, raw in enumerate(cycle(raws)):
        delay = begun_s + index / rate - monotonic_s()
        if delay > 0:
            await asyncio.sleep(delay)
        line.intake.accept(raw)
        movement.step()


async def serve(port: int, rate: int, folder: Path) -> None:
    """Serve until cancelled."""
    settings = TradewindSettings()
    raws = simulated_ticks(settings, _TICKS)
    line = build_line(settings, metrics=Metrics())
    line.attach()
    api = _api(line, port, folder)
    api.attach()
    movement = Movement(line.bus.publisher(OPPORTUNITIES))
    serving = asyncio.create_task(api.run(), name="api")
    feeding = asyncio.create_task(_feed(line, movement, raws, rate), name="feed")
    await api.wait_listening()
    gc.collect()
    gc.freeze()
    click.echo("ready")
    sys.stdout.flush()
    await asyncio.gather(serving, feeding)


def run() -> None:
    """Read the three arguments and serve."""
    import uvloop  # noqa: PLC0415 - only where the bench runs

    configure_logs(level="error", stream=sys.stderr)
    pin(0)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))


if __name__ == "__main__":
    run()
