"""The process of one room of the line, or of the market with its source; or one of several that share a room's shards.

A process tells of all it runs. For a room of several processes the one that serves its first shard answers.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tradewind.api.ports import SourceInfo
from tradewind.bus.redis.keys import TRIAL_KEY
from tradewind.bus.redis.mirrors import MirrorKeys
from tradewind.bus.redis.resp import payload_of
from tradewind.bus.redis.room_bus import MARKET
from tradewind.bus.redis.shard_keeper import ShardKeeper
from tradewind.kernel.clock import SystemClock
from tradewind.market.service import MarketService
from tradewind.market.sources.replay import ReplaySource
from tradewind.market.trial import TrialTicks
from tradewind.runtime.elsewhere import MarketAnswers, system_answers
from tradewind.runtime.health_door import HealthDoor, OwnHealth
from tradewind.runtime.here import LineTests, Scorecards, feed_status
from tradewind.runtime.history.service import archiving_of
from tradewind.runtime.identity import IdentityRoom, access_tokens
from tradewind.runtime.line_part import LinePart
from tradewind.runtime.main_contract import answers_of
from tradewind.runtime.once_ready import OnceReady
from tradewind.runtime.releases import roll_call
from tradewind.runtime.retention.service import RetentionService
from tradewind.runtime.rooms import Facts
from tradewind.runtime.source_words import describe_source
from tradewind.runtime.status import SystemStatus
from tradewind.runtime.wiring import build_recorder, build_source, build_switch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tradewind.bus.redis.lease import Lease
    from tradewind.bus.redis.links import Links
    from tradewind.bus.redis.passages import Passages
    from tradewind.kernel.metrics import Metrics
    from tradewind.kernel.service import Service
    from tradewind.market.control import ReplayControl
    from tradewind.market.feed_watch import FeedStatus
    from tradewind.runtime.elsewhere import Answers
    from tradewind.runtime.health_door import BusLinks
    from tradewind.runtime.settings import TradewindSettings

_SPEAKER: Final = 0
"""Shard of which the process answers for the room."""


class RoomProcess:
    """One room of the line, or the market with its source."""

    def __init__(
        self, name: str, settings: TradewindSettings, *, metrics: Metrics, passages: Passages | None = None
    ) -> None:
        """Raises: ConfigError: the settings do not work."""
        facts = Facts(settings)
        self._part = part = LinePart(name, settings, facts=facts, metrics=metrics, passages=passages)
        self._market = _Market(part, settings, facts=facts, metrics=metrics) if name == MARKET else None
        self.status = SystemStatus(
            metrics=metrics,
            clock=SystemClock(),
            source=SourceInfo(settings.market.source, describe_source(settings)),
            refresh=self._flush,
            strategy_errors=lambda: part.load_errors,
            recording_failure=lambda: None if self._market is None else self._market.recording_failure,
            feed=lambda: None if self._market is None else self._market.feed,
            rows=(name,),
            folder=Path(settings.data_dir),
        )
        self._roll = roll_call(name, part.links)
        health = health_door(name, settings, metrics=metrics, status=self.status, links=part.links)
        of_market: Answers = {} if self._market is None else self._market.answers
        part.speak({**system_answers(self.status.system), **of_market})
        self.services: list[Service] = [self.status, health, part.session, self._roll, *part.beside]
        if self._market is not None:
            # A standby must not play the market.
            self.services.append(OnceReady(self._market.service, part.session.wait_working))
            self.retention = RetentionService(settings)
            beside: list[Service] = [*archiving_of(settings), self.retention]
            self.services += [OnceReady(service, part.session.wait_working) for service in beside]

    def _flush(self) -> None:
        """Bring the metrics up to date with what the room counts apart."""
        self._part.flush()
        if self._market is not None:
            self._market.flush()

    def attach(self) -> None:
        """Let the room follow the line."""
        self._part.attach()

    async def leave(self) -> None:
        """Give the room to whoever stands by."""
        await self._part.leave()
        await self._roll.leave()

    @property
    def links(self) -> Links:
        """Return the connections to Redis."""
        return self._part.links

    @property
    def replay(self) -> ReplayControl | None:
        """Return the knobs of the recording that plays here."""
        return None if self._market is None else self._market.replay

    async def settle(self) -> None:
        """Wait until all that was published is in Redis."""
        await self._part.bus.settle()


class SplitRoomProcess:
    """One of the processes that share the shards of a room."""

    def __init__(
        self, name: str, settings: TradewindSettings, *, metrics: Metrics, passages: Passages | None = None
    ) -> None:
        """Raises: ConfigError: the settings do not work."""
        facts = Facts(settings)

        def make(shard: int, lease: Lease) -> LinePart:
            part = LinePart(name, settings, facts=facts, metrics=metrics, shard=shard, lease=lease, passages=passages)
            if shard == _SPEAKER:
                part.speak(system_answers(self.status.system))
            return part

        self._keeper = ShardKeeper(name, settings=settings.bus, metrics=metrics, make=make, passages=passages)
        self.status = SystemStatus(
            metrics=metrics,
            clock=SystemClock(),
            source=SourceInfo(settings.market.source, describe_source(settings)),
            refresh=self._flush,
            strategy_errors=self._load_errors,
            rows=(name,),
            folder=Path(settings.data_dir),
        )
        self._roll = roll_call(name, self._keeper.links)
        health = health_door(name, settings, metrics=metrics, status=self.status, links=self._keeper)
        self.services: list[Service] = [self.status, health, self._keeper, self._roll]

    def _flush(self) -> None:
        for part in self._keeper.workers:
            part.flush()

    def _load_errors(self) -> Mapping[str, str]:
        return {source: error for part in self._keeper.workers for source, error in part.load_errors.items()}

    def attach(self) -> None:
        """Nothing yet: a room follows its shard of the line once that is ours."""

    async def leave(self) -> None:
        """Give every shard to the processes that stay."""
        await self._keeper.leave()
        await self._roll.leave()


class _Market:
    """What feeds the line, and what is asked about it."""

    def __init__(self, part: LinePart, settings: TradewindSettings, *, facts: Facts, metrics: Metrics) -> None:
        kind, bus, clock = settings.market.source, part.bus, part.clock
        self._line = line = part.make.market()
        trial = TrialTicks(bus=bus, line_clock=clock, clock=SystemClock(), is_live=kind != "replay")
        bus.listen(TRIAL_KEY, lambda entries: _send_trials(trial, entries))
        part.session.on_last_ticks = line.cleaner.resume
        self._source = source = build_source(settings, facts, metrics=metrics)
        self._recorder = build_recorder(settings, facts, source=source, metrics=metrics)
        keys = None if bus.mirrors is None else MirrorKeys(bus.mirrors, part.links.control.call)
        switch = build_switch(settings, facts, source, line=line, clock=clock, keys=keys)
        self.service = MarketService(source=source, line=line, recorder=self._recorder, before=switch.begin)
        quality = Scorecards(line.cleaner.scorecards)
        answers = MarketAnswers(kind, source, quality=quality, tests=LineTests(line))
        self.answers: Answers = {**answers_of(switch), **answers.table()}

    @property
    def recording_failure(self) -> str | None:
        """Return why nothing is recorded any more."""
        return None if self._recorder is None else self._recorder.failure

    @property
    def replay(self) -> ReplayControl | None:
        """Return the knobs of a source that is a replay."""
        return self._source.control if isinstance(self._source, ReplaySource) else None

    @property
    def feed(self) -> FeedStatus | None:
        """Return how the live feed is; `None` where the source is none."""
        return feed_status(self._source)

    def flush(self) -> None:
        """Bring the metrics up to date with what is counted apart."""
        self._line.flush()
        if self._recorder is not None:
            self._recorder.flush()


def health_door(
    name: str,
    settings: TradewindSettings,
    *,
    metrics: Metrics,
    status: SystemStatus,
    links: BusLinks,
    is_leaving: Callable[[], bool] = lambda: False,
) -> HealthDoor:
    """Return the door at which the process of a service tells how it is."""
    place = (settings.services.host, settings.services.health_port(name))
    # It follows no sign-ins: beside what programs here may see unnamed, it opens to the access and the watch token.
    gate = IdentityRoom(settings, metrics=metrics, tokens=access_tokens(settings), other_door=place).gate
    own = OwnHealth(name, status=status, links=links, is_leaving=is_leaving)
    return HealthDoor(own, settings=settings.services, gate=gate)


def _send_trials(trial: TrialTicks, entries: list[Any]) -> None:
    """Send what was asked for on the stream of requests: `payload` is the number of the test tick."""
    for _, fields in entries:
        payload = payload_of(fields) or b""
        if payload.isdigit():
            trial.send(int(payload))
