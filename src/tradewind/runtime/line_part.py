"""One room on one shard of the line, or on the whole line where it is not split: its bus, its session, the room.

What crosses instruments stays within a shard: a strategy sees the instruments of its shard, and what a room may hold
(`max_open`, `max_instruments`, …) each shard may. The one judgement over the whole market, how many instruments stand
on one side, is made over a shard's instruments against its share of the limit.
"""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING

import msgspec

from tradewind.bus.redis.requests import Answerer
from tradewind.bus.redis.room_bus import MARKET, RoomBus
from tradewind.bus.redis.room_session import RoomSession
from tradewind.bus.redis.writer import build_writer
from tradewind.features.service import FeatureService
from tradewind.kernel.clock import LineClock
from tradewind.kernel.service import Supervisor
from tradewind.runtime.elsewhere import strategy_answers
from tradewind.runtime.here import StrategyReports
from tradewind.runtime.once_ready import OnceReady
from tradewind.runtime.rooms import HandlerFailures, RoomMaker, kept_params, stamping_clock
from tradewind.runtime.services import row
from tradewind.strategies.service import StrategyFolderWatcher

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradewind.bus.redis.lease import Lease
    from tradewind.bus.redis.links import Links
    from tradewind.bus.redis.passages import Passages
    from tradewind.kernel.metrics import Metrics
    from tradewind.kernel.service import Service
    from tradewind.runtime.elsewhere import Answers
    from tradewind.runtime.rooms import Facts, Room
    from tradewind.runtime.settings import TradewindSettings
    from tradewind.strategies.service import StrategyService


class LinePart:
    """The parts; a `ShardWorker` (`bus.redis.shard_keeper`)."""

    def __init__(
        self,
        name: str,
        settings: TradewindSettings,
        *,
        facts: Facts,
        metrics: Metrics,
        shard: int = 0,
        lease: Lease | None = None,
        passages: Passages | None = None,
    ) -> None:
        """Raises: ConfigError: the settings do not work."""
        settings = for_one_shard(settings)
        failures = HandlerFailures(metrics)
        self._metrics = metrics
        self.clock = LineClock(on_failure=failures.report_timer)
        writer = build_writer(settings.bus, name=name, metrics=metrics)
        service = row(name)
        self.bus = RoomBus(
            name,
            reads=service.reads,
            writes=service.writes,
            clock=self.clock,
            settings=settings.bus,
            metrics=metrics,
            writer=writer,
            on_failure=failures.report,
            shard=shard,
            unread=service.unread,
        )
        self.session = RoomSession(
            self.bus, settings=settings.bus, metrics=metrics, writer=writer, lease=lease, passages=passages
        )
        self.make = RoomMaker(
            settings, facts=facts, bus=self.bus, clock=self.clock, metrics=metrics, wall_ns=stamping_clock(settings)
        )
        self.beside: list[Service] = []
        """What has a life of its own beside the session."""
        self._name = name
        self._rooms: list[Room] = []
        self._strategies: StrategyService | None = None
        if name == "strategies":
            self._strategies = strategies = self.make.strategies()
            strategies.restore(kept_params(settings))
            strategies.load_trial()
            self._rooms.append(strategies)
            self.beside.append(StrategyFolderWatcher(settings=settings.strategies, service=strategies))
        elif name != MARKET:
            self._rooms.append(getattr(self.make, name)())

    @property
    def links(self) -> Links:
        """Return the connections to Redis."""
        return self.session.links

    @property
    def load_errors(self) -> Mapping[str, str]:
        """Return which strategies could not be loaded and why, by source."""
        return {} if self._strategies is None else self._strategies.load_errors

    def speak(self, answers: Answers) -> None:
        """Answer for the room while it works here: these questions, and those about what is in the room."""
        own = {} if self._strategies is None else strategy_answers(StrategyReports(self._strategies))
        answerer = Answerer(self.links.control.call, service=self._name, answers={**answers, **own})
        # A standby must not speak for its room.
        self.beside.append(OnceReady(answerer, self.session.wait_working))

    def flush(self) -> None:
        """Bring the metrics up to date with what the room counts apart."""
        for room in self._rooms:
            if isinstance(room, FeatureService):
                room.flush()

    def attach(self) -> None:
        """Let the room follow the line."""
        for room in self._rooms:
            room.attach()

    async def run(self) -> None:
        """Serve the shard until cancelled.

        Raises:
            ConfigError: Redis will not have us.
            TakenOverError: another process has served it meanwhile.
        """
        self.attach()
        beside = [asyncio.create_task(Supervisor([each], self._metrics).run()) for each in self.beside]
        try:
            await self.session.run()
        finally:
            for task in beside:
                task.cancel()
            if beside:
                await asyncio.wait(beside)
            self._detach()

    async def leave(self) -> None:
        """Take nothing more, write what is under way, and give back the lease if it is the session's own."""
        self._detach()
        await self.session.leave()

    def _detach(self) -> None:
        for room in self._rooms:
            room.detach()


def for_one_shard(settings: TradewindSettings) -> TradewindSettings:
    """Return the settings of a room that sees one shard's instruments: its share of what is counted over the market."""
    shards = settings.bus.shards
    if shards == 1:
        return settings
    share = math.ceil(settings.risk.crowded_instruments / shards)
    return msgspec.structs.replace(settings, risk=msgspec.structs.replace(settings.risk, crowded_instruments=share))
