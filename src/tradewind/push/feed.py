"""One push topic: counts its events, keeps the newest value per key, encodes each value once.

While nobody watches, an event costs a comparison, a count and a place in a dict; it is encoded when the first frame
that needs it is made, and never again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.domain.feature import FeatureSnapshot
from tradewind.domain.tick import Tick, TickFlag
from tradewind.native import compiled
from tradewind.push.log import EventLog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tradewind.push.settings import PushSettings
    from tradewind.push.topics import PushTopic

_LAST: Final = int(TickFlag.LAST)
_OFF_SESSION: Final = int(TickFlag.OFF_SESSION)
Chunk = tuple[dict[str, Any], list[bytes]]
"""Values by key, and the JSON of each in the same order."""


class Feed:
    """What all clients of one topic share."""

    __slots__ = (
        "_encoded",
        "_encoder",
        "_gone",
        "_hurries",
        "_hurry",
        "_is_over",
        "_is_repeat",
        "_key_of",
        "_marks",
        "_max_keys",
        "_settings",
        "_wall_ns",
        "epoch",
        "is_watched",
        "log",
        "name",
        "offset",
        "topic",
        "values",
    )

    def __init__(
        self, topic: PushTopic, *, settings: PushSettings, epoch: str, wall_ns: Callable[[], int] | None = None
    ) -> None:
        """With the machine's clock `wall_ns` events of a topic that is stamped say when they were written."""
        self.topic = topic
        self.name = topic.name
        self.epoch = epoch
        self.offset = 0
        """Number of events so far; the offset of the newest."""
        self.values: dict[str, Any] = {}
        """Newest value per key, what a snapshot shows. Always the same dict: handlers hold on to it."""
        self.log: EventLog | None = None
        self.is_watched = False
        """True when an event must be noted beyond `values`."""
        self._settings = settings
        self._wall_ns = wall_ns if topic.is_stamped else None
        self._key_of = topic.key_of
        self._is_repeat = topic.is_repeat
        self._is_over = topic.is_over
        self._hurries = topic.hurries
        self._max_keys = settings.snapshot_keys if topic.is_hot else settings.snapshot_events
        self._encoder = msgspec.json.Encoder()
        self._encoded: dict[str, tuple[Any, bytes]] = {}
        self._gone: dict[str, Any] = {}
        self._marks: tuple[Callable[[str, Any], None], ...] = ()
        self._hurry: tuple[Callable[[], None], ...] = ()
        if not topic.is_hot:
            self.keep_log()

    @property
    def most_keys(self) -> int:
        """Return how many values are kept at most."""
        return self._max_keys

    @property
    def is_heard(self) -> bool:
        """True while somebody watches."""
        return bool(self._marks)

    def keep_log(self) -> EventLog:
        """Keep events from now on, for clients that want each of them; return the log."""
        if self.log is None:
            self.log = EventLog(
                max_events=self._settings.kept_events,
                max_bytes=self._settings.kept_bytes,
                encode=self.encode,
                start=self.offset,
            )
            self.is_watched = True
        return self.log

    def stand_before(self, offset: int) -> None:
        """Let the next event have `offset`, as it has in every process that hears the same stream."""
        if offset - 1 > self.offset:
            self.offset = offset - 1
            if self.log is not None:
                self.log.skip_to(self.offset)

    def begin_epoch(self, epoch: str) -> None:
        """Count from nothing: this is another life of the stream."""
        self.epoch = epoch
        self.offset = 0
        self.values.clear()
        self._encoded.clear()
        self._gone.clear()
        if self.log is not None:
            # Not another one: who has not been seen off yet reads this one, and so does who joins them meanwhile.
            self.log.restart()

    def watch(self, mark: Callable[[str, Any], None]) -> None:
        """Call `mark(key, event)` with each event from now on."""
        self._marks = (*self._marks, mark)
        self.is_watched = True

    def unwatch(self, mark: Callable[[str, Any], None]) -> None:
        """Stop calling `mark`."""
        self._marks = tuple(other for other in self._marks if other != mark)
        self.is_watched = bool(self._marks) or self.log is not None

    def attend(self, hurry: Callable[[], None]) -> None:
        """Call `hurry` from now on after each event that tells that something happened."""
        self._hurry = (*self._hurry, hurry)

    def unattend(self, hurry: Callable[[], None]) -> None:
        """Stop calling `hurry`."""
        self._hurry = tuple(other for other in self._hurry if other != hurry)

    def accept(self, event: object) -> None:
        """Take one event in, unless it is one we have: the bus may deliver twice."""
        key = self._key_of(event)
        old = self.values.get(key)
        if old is None:
            old = self._gone.get(key)
            self.make_room()
        if old is not None and self._is_repeat(event, old):
            return
        self.offset += 1
        self.values[key] = event
        if self.is_watched:
            self.note(key, event)
        if self._hurry and self._hurries(event, old):
            for hurry in self._hurry:
                hurry()
        if self._is_over(event):
            self._retire(key, event)

    def note(self, key: str, event: object) -> None:
        """Log the event that `offset` was just counted for, and tell the watchers."""
        if self.log is not None:
            self.log.append(event)
        for mark in self._marks:
            mark(key, event)

    def make_room(self) -> None:
        """Let the oldest value go if one more would be too many."""
        if len(self.values) >= self._max_keys:
            oldest = next(iter(self.values))
            del self.values[oldest]
            self._encoded.pop(oldest, None)

    def encode(self, event: object) -> bytes:
        """Return the JSON of an event, made at most once while it is the newest of its key."""
        key = self._key_of(event)
        known = self._encoded.get(key)
        if known is not None and known[0] is event:
            return known[1]
        encoded = self._encoder.encode(event)
        if self._wall_ns is not None:
            encoded = b'%b,"ts_pushed":%d}' % (encoded[:-1], self._wall_ns())
        if self.values.get(key) is event:
            self._encoded[key] = (event, encoded)
        return encoded

    def select(self, instruments: tuple[str, ...] | None) -> dict[str, Any]:
        """Return the newest values, of these instruments if any are named."""
        return pick(self.values, instruments, is_by_instrument=self.topic.is_by_instrument)

    def end(self, key: str) -> None:
        """Show the value of `key` to nobody who comes from now on."""
        self.values.pop(key, None)
        self._encoded.pop(key, None)

    def _retire(self, key: str, event: object) -> None:
        del self.values[key]
        self._encoded.pop(key, None)
        if len(self._gone) >= self._settings.snapshot_events:
            del self._gone[next(iter(self._gone))]
        self._gone[key] = event


def pick(values: dict[str, Any], instruments: tuple[str, ...] | None, *, is_by_instrument: bool) -> dict[str, Any]:
    """Return those of `values` that are about `instruments`; all of them, the same dict, when none are named."""
    if instruments is None:
        return values
    if is_by_instrument:
        return {key: values[key] for key in instruments if key in values}
    wanted = frozenset(instruments)
    return {key: event for key, event in values.items() if event.instrument_id in wanted}


class Ended:
    """Contracts whose last tick has come, at most `most` of them: what is repeated of their time is no news."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._last: dict[str, Tick] = {}

    def note(self, tick: Tick) -> None:
        """Note a contract's last tick."""
        self._last.pop(tick.instrument_id, None)
        if len(self._last) >= self._most:
            del self._last[next(iter(self._last))]
        self._last[tick.instrument_id] = tick

    def forget(self) -> None:
        """Forget all: this is another life of the stream."""
        self._last.clear()

    def has_seen(self, event: Tick | FeatureSnapshot) -> bool:
        """Tell whether an event is of a contract's time before its last tick."""
        last = self._last.get(event.instrument_id)
        return last is not None and event.seq <= last.seq and event.ts_event <= last.ts_event


def tick_intake(
    feed: Feed, on_gap: Callable[[], None], ended: Ended | None = None, *, also: Iterable[Feed] = ()
) -> Callable[[Tick], None]:
    """Return the handler of clean ticks: `Feed.accept` written out, since it runs with every tick of the line.

    The last tick of a contract is an event like any other; then its values here, and those of `also`, are shown to
    nobody who comes later.
    """
    values = feed.values
    newest = values.get
    ended = ended or Ended(feed.most_keys)

    def on_tick(tick: Tick) -> None:
        key = tick.instrument_id
        old = newest(key)
        if (old is None or tick.seq != old.seq + 1) and not _is_news(feed, tick, old, ended, on_gap):
            return
        feed.offset += 1
        values[key] = tick
        if feed.is_watched:
            feed.note(key, tick)
        if tick.flags & _LAST:
            ended.note(tick)
            for each in (feed, *also):
                each.end(key)

    if compiled is None:
        return on_tick
    return compiled.NewestFeed(
        feed=feed, values=values, plainly=on_tick, note=feed.note, event_type=Tick, last_flag=_LAST
    )


def _is_news(feed: Feed, tick: Tick, old: Tick | None, ended: Ended, on_gap: Callable[[], None]) -> bool:
    """Judge a tick that is not the next of its instrument, and make room for the first of one."""
    if old is None:
        if ended.has_seen(tick):
            return False
        feed.make_room()
    elif not old.flags & TickFlag.OFF_SESSION:
        if tick.seq <= old.seq:
            return False
        on_gap()
    return True


def feature_intake(feed: Feed, ended: Ended) -> Callable[[FeatureSnapshot], None]:
    """Return the handler of feature snapshots, written out for the same reason.

    Those of a contract up to its last tick, which is noted in `ended`, may come after it and are news no more.
    """
    values = feed.values
    newest = values.get

    def on_features(features: FeatureSnapshot) -> None:
        key = features.instrument_id
        old = newest(key)
        if old is None:
            if ended.has_seen(features):
                return
            feed.make_room()
        elif features.seq <= old.seq:
            return
        feed.offset += 1
        values[key] = features
        if feed.is_watched:
            feed.note(key, features)

    if compiled is None:
        return on_features
    return compiled.NewestFeed(
        feed=feed, values=values, plainly=on_features, note=feed.note, event_type=FeatureSnapshot, last_flag=0
    )


def newest_intake(
    feed: Feed, on_gap: Callable[[], None], ended: Ended, *, also: Iterable[Feed] = ()
) -> Callable[[tuple[Any, int, int, int]], None]:
    """Return what takes the newest of an instrument in place of each, while nobody watches the feed.

    It is given the event, the sequence number of the first of those it stands for, how many they are, and how many
    holes are among them. A last tick ends its contract here as in `tick_intake`.
    """
    values = feed.values

    def on_newest(newest: tuple[Any, int, int, int]) -> None:
        event, first, events, gaps = newest
        key = event.instrument_id
        old = values.get(key)
        if old is None:
            if ended.has_seen(event):
                return
            feed.make_room()
        elif not getattr(old, "flags", 0) & _OFF_SESSION:
            if event.seq <= old.seq:
                return
            events = min(events, event.seq - old.seq)
            gaps += first > old.seq + 1
        for _ in range(gaps):
            on_gap()
        feed.offset += events
        values[key] = event
        if getattr(event, "flags", 0) & _LAST:
            _end_contract(event, ended, (feed, *also))

    return on_newest


def _end_contract(last: Tick, ended: Ended, feeds: Iterable[Feed]) -> None:
    ended.note(last)
    for feed in feeds:
        feed.end(last.instrument_id)


def off_session_intake(feed: Feed) -> Callable[[Tick], None]:
    """Return the handler of quotes outside trading hours: shown like any other, and no part of the sequence."""

    def on_quote(quote: Tick) -> None:
        key = quote.instrument_id
        if key not in feed.values:
            feed.make_room()
        feed.offset += 1
        feed.values[key] = quote
        if feed.is_watched:
            feed.note(key, quote)

    return on_quote


def in_chunks(values: dict[str, Any], encode: Callable[[Any], bytes], max_bytes: int) -> Iterator[Chunk]:
    """Cut values into pieces of about `max_bytes` of JSON, at least one value each."""
    keys: dict[str, Any] = {}
    parts: list[bytes] = []
    total = 0
    for key, event in values.items():
        encoded = encode(event)
        if parts and total + len(encoded) > max_bytes:
            yield keys, parts
            keys, parts, total = {}, [], 0
        keys[key] = event
        parts.append(encoded)
        total += len(encoded) + 1
    if parts:
        yield keys, parts
