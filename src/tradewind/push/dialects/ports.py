"""What a dialect must be able to say about an event stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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
