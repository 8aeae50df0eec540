"""Mode `every`: each event in order, without a hole and without a repeat, or an honest `reset`.

Everybody in an audience stands at the same offset. What is between that and the newest event waits in the topic's
log, which all share; a client that lags has only its own offset into it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tradewind.push.audience import Members, Subscription

if TYPE_CHECKING:
    from tradewind.kernel.metrics import Metrics
    from tradewind.push.audience import Client
    from tradewind.push.dialects.ports import Dialect
    from tradewind.push.feed import Feed
    from tradewind.push.log import Entry, EventLog
    from tradewind.push.outbox import Outbox

AudienceKey = tuple["Dialect", tuple[str, ...] | None]


class Pump:
    """Everybody who wants each event of one topic."""

    __slots__ = ("_audiences", "_is_armed", "_metrics", "chunk_bytes", "feed", "outbox")

    def __init__(self, feed: Feed, *, outbox: Outbox, metrics: Metrics, chunk_bytes: int) -> None:
        self.feed = feed
        self.chunk_bytes = chunk_bytes
        self.outbox = outbox
        self._metrics = metrics
        self._audiences: dict[AudienceKey, EveryAudience] = {}
        self._is_armed = False

    def join(self, client: Client, instruments: tuple[str, ...] | None, dialect: Dialect) -> Subscription:
        """Let a client in; `catch_up` then gives it the snapshot, or what it missed since its cursor."""
        log = self.feed.keep_log()
        if not self._audiences:
            self.feed.watch(self.mark)
        key = (dialect, instruments)
        audience = self._audiences.get(key)
        if audience is None:
            audience = self._audiences[key] = EveryAudience(self, log, instruments, dialect, self._metrics)
        subscription = Subscription(client, audience)
        audience.members.add_lagging(subscription)
        return subscription

    def mark(self, _key: str, _event: object) -> None:
        """Have what is new sent once the work at hand is done: a burst goes out in one frame."""
        if not self._is_armed:
            self._is_armed = True
            self.outbox.flush_soon(self.flush)

    def flush(self) -> None:
        """Send what is new to everybody."""
        self._is_armed = False
        for audience in tuple(self._audiences.values()):
            audience.flush()

    def dissolve(self, audience: EveryAudience) -> None:
        """Forget an audience that nobody is in any more."""
        key = (audience.dialect, audience.instruments)
        if self._audiences.get(key) is audience:
            del self._audiences[key]
        if not self._audiences:
            self.feed.unwatch(self.mark)

    @property
    def is_empty(self) -> bool:
        """True while nobody is in."""
        return not self._audiences


class EveryAudience:
    """Everybody who wants each event about the same instruments, told in the same way."""

    __slots__ = (
        "_form",
        "_log",
        "_metrics",
        "_pump",
        "_snapshot",
        "_wanted",
        "cursor",
        "dialect",
        "feed",
        "instruments",
        "members",
    )

    def __init__(
        self,
        pump: Pump,
        log: EventLog,
        instruments: tuple[str, ...] | None,
        dialect: Dialect,
        metrics: Metrics,
    ) -> None:
        self.feed: Feed = pump.feed
        self.instruments = instruments
        self.dialect = dialect
        self.members = Members()
        self.cursor: int = pump.feed.offset
        """Offset that everybody who keeps up has been told up to."""
        self._wanted = None if instruments is None else frozenset(instruments)
        self._pump = pump
        self._log = log
        self._form = dialect.form(pump.feed)
        self._metrics = metrics
        self._snapshot: tuple[int, bytes] | None = None

    def flush(self) -> None:
        """Tell those that keep up what is new."""
        feed, members = self.feed, self.members
        sent = 0
        while self.cursor < feed.offset and members.live:
            if not self._log.holds(self.cursor):
                self._reset_live()
                break
            entries = self._log.read(self.cursor, max_bytes=self._pump.chunk_bytes, form=self._form)
            # Moved first: whoever is parked from here on is among the writers of this frame.
            self.cursor = entries[-1][0]
            wanted = self._only_wanted(entries)
            if wanted:
                writers = members.writers()
                sent += len(writers)
                self._pump.outbox.add(writers, self.dialect.events(feed, wanted))
        self.cursor = feed.offset
        if sent:
            self._metrics.push_messages.add(feed.name, sent)

    def catch_up(self, subscription: Subscription) -> None:
        """Tell a parked client what it missed, or give it a snapshot where that is no longer kept."""
        client = subscription.client
        self._pump.outbox.deliver()
        self.flush()
        if client.is_paused:
            return
        if subscription.cursor is None or not self._log.holds(subscription.cursor):
            self._tell_state(subscription)
        while subscription.cursor != self.cursor and not client.is_paused:
            self._tell_missed(subscription)
        if not client.is_paused:
            self.members.promote(subscription)

    def park(self, subscription: Subscription) -> None:
        """Remember how far the client has been told."""
        if self.members.demote(subscription):
            subscription.cursor = self.cursor

    def leave(self, subscription: Subscription) -> None:
        """Forget the client, and with the last one the audience."""
        self._pump.outbox.deliver()
        self.members.remove(subscription)
        if not len(self.members):
            self._pump.dissolve(self)

    def _tell_state(self, subscription: Subscription) -> None:
        feed = self.feed
        frames = self._snapshot_frames()
        if subscription.cursor is not None:
            self._metrics.push_dropped.add("reset", feed.offset - subscription.cursor)
            frames = self.dialect.reset(feed) + frames
        subscription.cursor = feed.offset
        if frames:
            self._metrics.push_messages.add(feed.name)
            subscription.client.write(frames)

    def _snapshot_frames(self) -> bytes:
        feed, known = self.feed, self._snapshot
        if known is not None and known[0] == feed.offset:
            return known[1]
        frames = self.dialect.snapshot(feed, self._state())
        if self.instruments is None:
            # Kept for the next newcomer only where there is one such audience, not one a viewport.
            self._snapshot = (feed.offset, frames)
        return frames

    def _tell_missed(self, subscription: Subscription) -> None:
        cursor = subscription.cursor or 0
        entries = self._log.read(cursor, max_bytes=self._pump.chunk_bytes, up_to=self.cursor, form=self._form)
        subscription.cursor = entries[-1][0]
        wanted = self._only_wanted(entries)
        if wanted:
            self._metrics.push_messages.add(self.feed.name)
            subscription.client.write(self.dialect.events(self.feed, wanted))

    def _state(self) -> list[Any]:
        """Return the newest values that fit in one frame, oldest first."""
        values = list(self.feed.select(self.instruments).values())
        room = 2 * self._pump.chunk_bytes
        first = len(values)
        while first and room >= 0:
            first -= 1
            room -= len(self.feed.encode(values[first])) + 1
        return values[first if room >= 0 else first + 1 :]

    def _only_wanted(self, entries: list[Entry]) -> list[Entry]:
        wanted = self._wanted
        if self._log.has_holes:
            entries = [entry for entry in entries if entry[1] is not None]
        if wanted is None:
            return entries
        return [entry for entry in entries if entry[1].instrument_id in wanted]

    def _reset_live(self) -> None:
        """More came in one go than the log keeps: everybody starts again from a snapshot."""
        behind = tuple(self.members.live)
        for subscription in behind:
            self.park(subscription)
        self.cursor = self.feed.offset
        for subscription in behind:
            self.catch_up(subscription)
