"""Mode `latest`: the newest value per key, at most once an interval; what came in between is conflated away.

A `Cadence` is one topic at one interval. It collects what changed in a dict keyed like the values, so a value that
changes a thousand times between two flushes is encoded and sent once. The first change after a quiet time goes out
at once, not an interval later. So does, a few times an interval, what tells that something happened: a person waits
for a fill, and nobody waits for what it is worth at the next price.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tradewind.push.audience import Members, Subscription
from tradewind.push.dialects.native import NATIVE_LATEST
from tradewind.push.feed import in_chunks, pick

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tradewind.kernel.metrics import Metrics
    from tradewind.push.audience import Client
    from tradewind.push.dialects.ports import LatestDialect
    from tradewind.push.feed import Chunk, Feed
    from tradewind.push.outbox import Outbox
    from tradewind.push.ports import Timers
    from tradewind.push.wanted import Wanted

Instruments = tuple[str, ...] | None
EARLY_MS: Final = 50
"""For each so many ms of its interval a cadence may flush once before it is due: twenty times a second at most."""


class Cadence:
    """Everybody who wants the newest of one topic at one interval in one dialect."""

    __slots__ = (
        "_audiences",
        "_dirty",
        "_early_left",
        "_is_armed",
        "_is_hurrying",
        "_metrics",
        "_timers",
        "chunk_bytes",
        "dialect",
        "feed",
        "interval_ms",
        "outbox",
    )

    def __init__(
        self,
        feed: Feed,
        interval_ms: int,
        *,
        timers: Timers,
        outbox: Outbox,
        metrics: Metrics,
        chunk_bytes: int,
        dialect: LatestDialect = NATIVE_LATEST,
    ) -> None:
        self.feed = feed
        self.dialect = dialect
        self.interval_ms = interval_ms
        self.chunk_bytes = chunk_bytes
        self.outbox = outbox
        self._timers = timers
        self._metrics = metrics
        self._audiences: dict[tuple[Instruments, Wanted | None], LatestAudience] = {}
        self._dirty: dict[str, Any] = {}
        self._is_armed = False
        self._is_hurrying = False
        self._early_left = interval_ms // EARLY_MS

    def join(self, client: Client, instruments: Instruments, wanted: Wanted | None = None) -> Subscription:
        """Let a client in; `catch_up` then gives it the snapshot. With `wanted` it hears what that lets through."""
        if not self._audiences:
            self.feed.watch(self.mark)
            self.feed.attend(self.hurry)
        audience = self._audiences.get((instruments, wanted))
        if audience is None:
            audience = LatestAudience(self, instruments, self._metrics, wanted=wanted)
            self._audiences[instruments, wanted] = audience
        subscription = Subscription(client, audience)
        audience.members.add_lagging(subscription)
        return subscription

    def mark(self, key: str, event: object) -> None:
        """Note that `event` is the newest of `key`; it goes out with the next flush."""
        if not self._is_armed:
            self._is_armed = True
            self.outbox.flush_soon(self.flush)
        self._dirty[key] = event

    def hurry(self) -> None:
        """Have what was marked go out in the next turn, while there is any of this interval's early flushes left."""
        if self._early_left and not self._is_hurrying:
            self._is_hurrying = True
            self.outbox.flush_soon(self._flush_early)

    def flush(self) -> None:
        """Send what changed, and come again after an interval; rest when nothing did."""
        self._early_left = self.interval_ms // EARLY_MS
        if not self._dirty:
            self._is_armed = False
            return
        self._timers.later(self.interval_ms / 1_000, self.flush)
        self._spread()

    def _flush_early(self) -> None:
        self._is_hurrying = False
        if self._dirty:
            self._early_left -= 1
            self._spread()

    def _spread(self) -> None:
        changed, self._dirty = self._dirty, {}
        for audience in tuple(self._audiences.values()):
            audience.spread(changed)

    def dissolve(self, audience: LatestAudience) -> None:
        """Forget an audience that nobody is in any more."""
        key = (audience.instruments, audience.wanted)
        if self._audiences.get(key) is audience:
            del self._audiences[key]
        if not self._audiences:
            self.feed.unwatch(self.mark)
            self.feed.unattend(self.hurry)
            self._dirty.clear()

    @property
    def is_empty(self) -> bool:
        """True while nobody is in."""
        return not self._audiences


class LatestAudience:
    """Everybody who wants the newest of the same instruments at the same interval."""

    __slots__ = ("_cadence", "_dialect", "_encode", "_metrics", "_snapshot", "feed", "instruments", "members", "wanted")

    def __init__(
        self, cadence: Cadence, instruments: Instruments, metrics: Metrics, *, wanted: Wanted | None = None
    ) -> None:
        self.feed: Feed = cadence.feed
        self.instruments = instruments
        self.wanted = wanted
        self._dialect = cadence.dialect
        self._encode = cadence.dialect.encoder(cadence.feed)
        self.members = Members()
        self._cadence = cadence
        self._metrics = metrics
        self._snapshot: tuple[int, bytes, dict[str, Any]] | None = None

    def spread(self, changed: dict[str, Any]) -> None:
        """Send to those that keep up, and note for those that lag, what of `changed` is theirs."""
        feed = self.feed
        selected = self._ours(changed)
        sent = 0
        for values, parts in self._chunks(selected):
            if self.members.lagging:
                self._note_missed(values)
            if self.members.live:
                writers = self.members.writers()
                sent += len(writers)
                self._cadence.outbox.add(writers, self._dialect.delta(feed, parts))
        if sent:
            self._metrics.push_messages.add(feed.name, sent)

    def catch_up(self, subscription: Subscription) -> None:
        """Give a parked client its snapshot if it has none, then the newest of what it missed."""
        client = subscription.client
        self._cadence.outbox.deliver()
        if client.is_paused:
            return
        if subscription.missed is None:
            frame, rest = self._make_snapshot()
            subscription.missed = dict(rest)
            self._metrics.push_messages.add(self.feed.name)
            client.write(frame)
        while subscription.missed and not client.is_paused:
            values, parts = next(iter(self._chunks(subscription.missed)))
            for key in values:
                del subscription.missed[key]
            self._metrics.push_messages.add(self.feed.name)
            client.write(self._dialect.delta(self.feed, parts))
        if not client.is_paused:
            self.members.promote(subscription)

    def park(self, subscription: Subscription) -> None:
        """Begin to collect what the client misses."""
        if self.members.demote(subscription):
            subscription.missed = {}

    def leave(self, subscription: Subscription) -> None:
        """Forget the client, and with the last one the audience."""
        self._cadence.outbox.deliver()
        self.members.remove(subscription)
        if not len(self.members):
            self._cadence.dissolve(self)

    def _make_snapshot(self) -> tuple[bytes, dict[str, Any]]:
        """Return the snapshot frame, and the values that did not fit in it: they follow as deltas."""
        feed = self.feed
        known = self._snapshot
        if known is not None and known[0] == feed.offset:
            return known[1], known[2]
        selected = self._ours(feed.values)
        values, parts = next(iter(self._chunks(selected)), ({}, []))
        rest = {key: event for key, event in selected.items() if key not in values}
        frame = self._dialect.snapshot(feed, parts)
        if self.instruments is None:
            # Kept for the next newcomer only where there is one such audience, not one a viewport.
            self._snapshot = (feed.offset, frame, rest)
        return frame, rest

    def _ours(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return those of `values` that this audience wants."""
        picked = pick(values, self.instruments, is_by_instrument=self.feed.topic.is_by_instrument)
        return picked if self.wanted is None else self.wanted.pick(picked)

    def _chunks(self, values: dict[str, Any]) -> Iterator[Chunk]:
        return in_chunks(values, self._encode, self._cadence.chunk_bytes)

    def _note_missed(self, values: dict[str, Any]) -> None:
        conflated = 0
        for subscription in self.members.lagging:
            missed = subscription.missed
            if missed is not None:
                before = len(missed)
                missed.update(values)
                conflated += before + len(values) - len(missed)
        if conflated:
            self._metrics.push_dropped.add("conflated", conflated)
