"""The native protocol's messages as frames, pasted together from JSON that was encoded once (docs/push-protocol.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.push.frames import text_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tradewind.push.feed import Feed
    from tradewind.push.log import Entry, Form

_ENCODER: Final = msgspec.json.Encoder()
TOO_SLOW: Final = "too_slow"


def delta_frame(feed: Feed, offset: int, parts: Iterable[bytes]) -> bytes:
    """Frame a `delta` of values that are JSON already."""
    return text_frame(
        b'{"type":"delta","topic":"%b","offset":%d,"data":[%b]}' % (feed.name.encode(), offset, b",".join(parts))
    )


def snapshot_frame(feed: Feed, parts: Iterable[bytes]) -> bytes:
    """Frame a `snapshot` at the feed's offset of values that are JSON already."""
    return text_frame(
        b'{"type":"snapshot","topic":"%b","epoch":"%b","offset":%d,"data":[%b]}'
        % (feed.name.encode(), feed.epoch.encode(), feed.offset, b",".join(parts))
    )


def message_frame(kind: str, **fields: object) -> bytes:
    """Frame one of the small messages; fields that are `None` are left out, but an answer's `id` stays."""
    shown = {name: value for name, value in fields.items() if value is not None or name == "id"}
    return text_frame(_ENCODER.encode({"type": kind, **shown}))


class NativeDialect:
    """Events as `snapshot`, `delta` and `reset` messages."""

    def form(self, feed: Feed) -> Form:
        """Return what writes an event as JSON."""
        return feed.encode

    def snapshot(self, feed: Feed, events: Iterable[Any]) -> bytes:
        """Say the whole state at the feed's offset."""
        return snapshot_frame(feed, map(feed.encode, events))

    def events(self, feed: Feed, entries: Sequence[Entry]) -> bytes:
        """Say events in order; the offset is that of the last."""
        return delta_frame(feed, entries[-1][0], (entry[2] for entry in entries))

    def reset(self, feed: Feed) -> bytes:
        """Say that the client was too slow."""
        return message_frame("reset", topic=feed.name, epoch=feed.epoch, offset=feed.offset, reason=TOO_SLOW)


class NativeLatest:
    """The newest values as `snapshot` and `delta` messages."""

    name = "native"

    def encoder(self, feed: Feed) -> Callable[[Any], bytes]:
        """Return the feed's own."""
        return feed.encode

    def snapshot(self, feed: Feed, parts: Iterable[bytes]) -> bytes:
        """Say the whole state."""
        return snapshot_frame(feed, parts)

    def delta(self, feed: Feed, parts: Iterable[bytes]) -> bytes:
        """Say what changed."""
        return delta_frame(feed, feed.offset, parts)


NATIVE_LATEST: Final = NativeLatest()
