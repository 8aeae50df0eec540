"""A recording or the simulated market published over ZeroMQ: no line, no rooms, only ticks on the wire."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

import msgspec

from tradewind.errors import ConfigError
from tradewind.kernel.clock import SystemClock
from tradewind.market.calendar import build_calendar
from tradewind.market.contracts import InstrumentTable
from tradewind.market.sources.replay import ReplaySource
from tradewind.market.sources.simulator import SimulatorSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tradewind.domain.tick import RawTick
    from tradewind.feeder.service import Feeder, FeedPlan, FeedReport
    from tradewind.runtime.settings import TradewindSettings


class FeedAddress(msgspec.Struct, frozen=True, kw_only=True):
    """Where a feed is published."""

    bind: str = "tcp://127.0.0.1:9999"
    queue: int = 100_000
    """Messages held for each subscriber."""


def publish_feed(
    settings: TradewindSettings, plan: FeedPlan, address: FeedAddress, *, announce: Callable[[str], None]
) -> FeedReport:
    """Publish what the settings' source gives until its end or until SIGINT or SIGTERM.

    Raises:
        ConfigError: the plan does not work, or ZeroMQ is not installed.
        PortTakenError: somebody listens at the address already.
        ReplayFileError: the recording cannot be played.
    """
    try:
        from tradewind.feeder.publisher import FeedPublisher  # noqa: PLC0415 - an extra
        from tradewind.feeder.service import Feeder  # noqa: PLC0415 - needs the extra
        from tradewind.market.ctpwire.protobuf import message_classes  # noqa: PLC0415 - an extra

        message_classes()
    except ImportError as error:
        message = f"tradewind feed needs {error.name}; `make install` brings it"
        raise ConfigError(message) from error
    now_ns = SystemClock().now_ns()
    publisher = FeedPublisher(address.bind, queue=address.queue, is_lossless=plan.is_lossless)
    try:
        feeder = Feeder(plan, publisher, session=now_ns // 1_000_000 & 0xFFFFFFFF)
        announce(publisher.address)
        return asyncio.run(_run(feeder, ticks_of(settings, now_ns)))
    finally:
        publisher.close()


def ticks_of(settings: TradewindSettings, now_ns: int) -> Iterator[RawTick]:
    """Return the ticks that the settings' source gives, unpaced; the simulated market begins at `now_ns`.

    Raises: ConfigError: the source is a live one.
    """
    market, instruments = settings.market, InstrumentTable()
    match market.source:
        case "replay":
            return ReplaySource(market.replay, instruments=instruments).ticks()
        case "simulator":
            calendar = build_calendar(market.calendar_mode(), closing_tolerance_s=market.closing_tolerance_s)
            simulator = SimulatorSource(
                market.simulator, contracts=instruments.liquid(), instruments=instruments, calendar=calendar
            )
            return simulator.ticks(now_ns)
        case _:
            message = f"a feed is made of a recording or of the simulator, market.source was {market.source}"
            raise ConfigError(message)


async def _run(feeder: Feeder, ticks: Iterator[RawTick]) -> FeedReport:
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, feeder.stop.set)
    return await feeder.run(ticks)
