"""Where the line meets the clients: takes every event in once, frames it once, hands it to whoever asked for it.

Holds no sockets and no loop: clients and timers are ports, so every interleaving can be played in a test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tradewind.bus import topics as line
from tradewind.errors import NotAllowedError
from tradewind.push.dialects.native import NATIVE_LATEST, NativeDialect
from tradewind.push.dialects.opportunities import OpportunityDialect
from tradewind.push.every import Pump
from tradewind.push.feed import Ended, Feed, feature_intake, newest_intake, off_session_intake, tick_intake
from tradewind.push.latest import Cadence
from tradewind.push.outbox import Outbox
from tradewind.push.parts import PLANS, Parts
from tradewind.push.resume import can_resume
from tradewind.push.topics import FEATURES, PUSH_TOPICS, QUOTES, SYSTEM

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.bus.ports import Bus
    from tradewind.bus.ports import Subscription as BusSubscription
    from tradewind.domain.rights import Principal
    from tradewind.kernel.metrics import Metrics
    from tradewind.push.audience import Client, Subscription
    from tradewind.push.commands import Subscribe
    from tradewind.push.dialects.ports import LatestDialect
    from tradewind.push.ports import Timers
    from tradewind.push.settings import PushSettings
    from tradewind.push.topics import PushTopic
    from tradewind.push.wanted import Wanted

ROOM: Final = "push"
_MANY: Final = 256
_FRAMES_PER_QUEUE: Final = 4
"""A frame is at most a quarter of what may wait for a client: watermark, one frame and a snapshot fit together."""


class Hub:
    """All topics of one push listener, and who hears them."""

    def __init__(
        self,
        *,
        settings: PushSettings,
        epoch: str,
        metrics: Metrics,
        timers: Timers,
        system_status: Callable[[], object],
        wall_ns: Callable[[], int] | None = None,
    ) -> None:
        """With the machine's clock `wall_ns` opportunities say when they were written for clients."""
        self.epoch = epoch
        self.feeds = {topic.name: Feed(topic, settings=settings, epoch=epoch, wall_ns=wall_ns) for topic in PUSH_TOPICS}
        self._by_source = {
            feed.topic.source.name: feed for feed in self.feeds.values() if feed.topic.source is not None
        }
        self._metrics = metrics
        self._timers = timers
        self._system_status = system_status
        self._chunk_bytes = settings.queued_bytes // _FRAMES_PER_QUEUE
        self.outbox = Outbox(timers, max_bytes=self._chunk_bytes)
        self._native = NativeDialect()
        self._opportunities = OpportunityDialect()
        self._pumps: dict[Feed, Pump] = {}
        self._cadences: dict[tuple[Feed, int, str], Cadence] = {}
        self._parts = Parts(self.feeds[PLANS], settings=settings, epoch=epoch, on_moved=self._on_plans_moved)
        self._is_moving = False
        self.on_moved: Callable[[], None] = lambda: None
        """Called when others than before may see what hangs on a plan: whoever hears of it has to be seated anew."""
        self._attached: list[BusSubscription] = []
        self._ended = Ended(self.feeds[QUOTES].most_keys)

    def attach(self, bus: Bus) -> None:
        """Subscribe to everything clients may ask for."""
        quotes, features = self.feeds[QUOTES], self.feeds[FEATURES]
        ended = self._ended
        self._attached = [
            bus.subscribe(line.CLEAN_TICKS, tick_intake(quotes, self._count_gap, ended, also=(features,)), group=ROOM),
            bus.subscribe(line.QUOTE_SNAPSHOTS, off_session_intake(quotes), group=ROOM),
            bus.subscribe(line.FEATURES, feature_intake(features, ended), group=ROOM),
        ]
        for feed in self.feeds.values():
            if feed.topic.source is not None:
                self._attached.append(bus.subscribe(feed.topic.source, feed.accept, group=ROOM))

    def skimmers(self) -> dict[str, tuple[Callable[[], bool], Callable[[Any], None]]]:
        """Return, by bus topic, whether only the newest of it is wanted now and what takes that (`newest_intake`)."""
        quotes, features = self.feeds[QUOTES], self.feeds[FEATURES]
        on_tick = newest_intake(quotes, self._count_gap, self._ended, also=(features,))
        on_features = newest_intake(features, lambda: None, self._ended)
        return {
            line.CLEAN_TICKS.name: (lambda: not quotes.is_watched, on_tick),
            line.FEATURES.name: (lambda: not features.is_watched, on_features),
        }

    def detach(self) -> None:
        """Stop listening to the bus; clients keep what they have."""
        for subscription in self._attached:
            subscription.cancel()
        self._attached = []

    def feed_for(self, topic: PushTopic, principal: Principal) -> Feed:
        """Return what somebody sees of a topic that admits them."""
        return self._parts.feed_for(self.feeds[topic.name], principal)

    def subscribe(self, client: Client, wish: Subscribe, principal: Principal) -> tuple[Subscription, int, bool]:
        """Let a client in; return its place, the offset that what follows begins after, and whether it resumes.

        The topic must admit the principal. Nothing is written yet: the caller answers first, then has the
        subscription catch up.
        """
        if wish.topic.name == SYSTEM:
            self.refresh_system()
        feed = self.feed_for(wish.topic, principal)
        self._tidy()
        if wish.mode == "latest":
            return self._cadence(feed, wish.interval_ms).join(client, wish.instruments), feed.offset, False
        position = wish.resume
        is_recovered = can_resume(position, epoch=feed.epoch, log=feed.keep_log())
        subscription = self._pump(feed).join(client, wish.instruments, self._native)
        if position is None or not is_recovered:
            return subscription, feed.offset, False
        subscription.cursor = position.offset
        return subscription, position.offset, True

    def stand_at(self, source: str, ordinal: int) -> None:
        """Count as the stream counts: the event that comes next from the bus topic `source` has this ordinal in it."""
        feed = self._by_source.get(source)
        if feed is not None:
            feed.stand_before(ordinal)

    def begin_epoch(self, epoch: str) -> None:
        """Take the name of the streams' life for the topics that count as their stream counts."""
        for feed in self._by_source.values():
            feed.begin_epoch(epoch)
        self._ended.forget()
        self._parts.forget()

    def follow_opportunities(self, client: Client) -> Subscription:
        """Let a client of the older stream in."""
        return self._pump(self.feeds["opportunities"]).join(client, None, self._opportunities)

    def follow(
        self,
        client: Client,
        topic: str,
        dialect: LatestDialect,
        *,
        principal: Principal,
        wanted: Wanted | None,
        interval_ms: int,
    ) -> Subscription:
        """Let a client of another dialect have the newest of what it may see, as far as `wanted` lets it through.

        Raises: NotAllowedError: the topic does not admit the principal.
        """
        told = self.feeds[topic].topic
        if not told.viewers.admits(principal):
            raise NotAllowedError(told.viewers.refusal)
        feed = self.feed_for(told, principal)
        self._tidy()
        return self._cadence(feed, interval_ms, dialect).join(client, None, wanted)

    def refresh_system(self) -> None:
        """Take the system's state in as an event of the topic `system`."""
        self.feeds[SYSTEM].accept(self._system_status())

    @property
    def is_system_watched(self) -> bool:
        """True when somebody wants to know how the system is."""
        return self.feeds[SYSTEM].is_watched

    def _pump(self, feed: Feed) -> Pump:
        pump = self._pumps.get(feed)
        if pump is None:
            pump = self._pumps[feed] = Pump(
                feed, outbox=self.outbox, metrics=self._metrics, chunk_bytes=self._chunk_bytes
            )
        return pump

    def _tidy(self) -> None:
        """Forget the ways to feeds that nobody hears: there may be as many as there are classes of clients."""
        if len(self._pumps) + len(self._cadences) > _MANY:
            self._pumps = {feed: pump for feed, pump in self._pumps.items() if not pump.is_empty}
            self._cadences = {key: cadence for key, cadence in self._cadences.items() if not cadence.is_empty}

    def _on_plans_moved(self) -> None:
        if not self._is_moving:
            self._is_moving = True
            self._timers.soon(self._move)

    def _move(self) -> None:
        self._is_moving = False
        self._parts.forget_hanging()
        self.on_moved()

    def _cadence(self, feed: Feed, interval_ms: int, dialect: LatestDialect = NATIVE_LATEST) -> Cadence:
        key = (feed, interval_ms, dialect.name)
        cadence = self._cadences.get(key)
        if cadence is None:
            cadence = self._cadences[key] = Cadence(
                feed,
                interval_ms,
                timers=self._timers,
                outbox=self.outbox,
                metrics=self._metrics,
                chunk_bytes=self._chunk_bytes,
                dialect=dialect,
            )
        return cadence

    def _count_gap(self) -> None:
        self._metrics.gaps.add(ROOM)
