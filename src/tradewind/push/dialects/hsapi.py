"""The channels of system 004 as frames: `snapshot`, then `update` with what changed (docs/hsapi.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tradewind.bus.hsapi_forms import ENCODER
from tradewind.push.frames import text_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import msgspec

    from tradewind.push.feed import Feed

_NAME: Final = "hsapi"


class HsapiLatest:
    """The newest values of one channel; each is put into the older system's words at most once."""

    def __init__(self, channel: str, form: Callable[[Any], msgspec.Struct] | None) -> None:
        self.name = f"{_NAME} {channel}"
        self._channel = channel.encode()
        self._form = form
        self._encoded: dict[str, tuple[object, bytes]] = {}

    def encoder(self, feed: Feed) -> Callable[[Any], bytes]:
        """Return what writes a value in this channel's words."""
        encoded, form, key_of = self._encoded, self._form, feed.topic.key_of

        def encode(event: object) -> bytes:
            key = key_of(event)
            known = encoded.get(key)
            if known is not None and known[0] is event:
                return known[1]
            written = ENCODER.encode(event if form is None else form(event))
            if len(encoded) >= feed.most_keys:
                encoded.clear()
            encoded[key] = (event, written)
            return written

        return encode

    def snapshot(self, feed: Feed, parts: Iterable[bytes]) -> bytes:
        """Say everything there is."""
        return self._frame(b"snapshot", feed, parts)

    def delta(self, feed: Feed, parts: Iterable[bytes]) -> bytes:
        """Say what changed."""
        return self._frame(b"update", feed, parts)

    def _frame(self, kind: bytes, feed: Feed, parts: Iterable[bytes]) -> bytes:
        return text_frame(
            b'{"type":"%b","channel":"%b","offset":%d,"data":[%b]}'
            % (kind, self._channel, feed.offset, b",".join(parts))
        )
