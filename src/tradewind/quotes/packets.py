"""Packets as text: what Socket.IO (protocol 5) and Engine.IO (protocol 4) put in front of our JSON, and after it.

The library reads and answers everything else of the two protocols; events we send ourselves, so that one quote is one
text for any number of clients.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

MESSAGE_EVENT: Final = b"42"
"""Engine.IO "message" that holds a Socket.IO "event" of the main namespace."""
NOTHING: Final = "6"
SEPARATOR: Final = "\x1e"
_encode: Final = msgspec.json.Encoder().encode


def event_packet(event: str, data: bytes) -> bytes:
    """Return an event whose one argument is JSON already."""
    return b'%b["%b",%b]' % (MESSAGE_EVENT, event.encode(), data)


def event_packet_of(event: str, data: Any) -> bytes:  # noqa: ANN401 - any message of ours
    """Return an event with `data` as its one argument."""
    return event_packet(event, _encode(data))


class TextPacket:
    """A packet that is made already."""

    __slots__ = ("_text",)

    def __init__(self, packet: bytes) -> None:
        self._text = packet.decode()

    def encode(self, b64: bool = False) -> str:  # noqa: ARG002, FBT001, FBT002 - the library calls it so
        """Return the text."""
        return self._text


class LatePacket:
    """A packet whose content is asked for when it is sent: one place in a queue for whatever is newest then."""

    __slots__ = ("_collect",)

    def __init__(self, collect: Callable[[], list[bytes]]) -> None:
        """Call `collect` at the moment of sending; several packets go out as one text, as long polling allows."""
        self._collect = collect

    def encode(self, b64: bool = False) -> str:  # noqa: ARG002, FBT001, FBT002 - the library calls it so
        """Return the text, a packet of nothing if there is nothing to say any more."""
        packets = self._collect()
        return SEPARATOR.join(packet.decode() for packet in packets) if packets else NOTHING
