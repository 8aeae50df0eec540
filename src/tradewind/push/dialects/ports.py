"""What a dialect must be able to say about an event stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tradewind.push.feed import Feed
    from tradewind.push.log import Entry, Form


class Dialect(Protocol):
    """Turns a topic's state and events into frames; an empty answer means that nothing is said."""

    def form(self, feed: Feed) -> Form:
        """Return what writes one event of the entries that `events` is given."""
        ...

    def snapshot(self, feed: Feed, events: Iterable[Any]) -> bytes:
        """Say the whole state, which is `events`, at the feed's offset."""
        ...

    def events(self, feed: Feed, entries: Sequence[Entry]) -> bytes:
        """Say events in order."""
        ...

    def reset(self, feed: Feed) -> bytes:
        """Say that events were passed over and a snapshot follows."""
        ...


class LatestDialect(Protocol):
    """Turns the newest values of a topic into frames, for clients that want no more than those."""

    @property
    def name(self) -> str:
        """Return what tells it from other dialects of the same topic."""
        ...

    def encoder(self, feed: Feed) -> Callable[[Any], bytes]:
        """Return what turns one value of the topic into JSON, at most once while it is the newest."""
        ...

    def snapshot(self, feed: Feed, parts: Iterable[bytes]) -> bytes:
        """Say the whole state of values that are JSON already, at the feed's offset."""
        ...

    def delta(self, feed: Feed, parts: Iterable[bytes]) -> bytes:
        """Say what changed, by the feed's offset."""
        ...
