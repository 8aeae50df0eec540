"""WebSocket frames as bytes (RFC 6455), made once and written to any number of sockets.

Only what a server sends: whole, unmasked frames. Reading frames is the listener's library's work.
"""

from __future__ import annotations

from typing import Final

_TEXT: Final = 0x81
_CLOSE: Final = 0x88
_PING: Final = 0x89
_PONG: Final = 0x8A
_SHORT: Final = 126
_LONG: Final = 1 << 16
_CONTROL_MAX: Final = 125


def text_frame(payload: bytes) -> bytes:
    """Frame UTF-8 text."""
    return _header(_TEXT, len(payload)) + payload


def ping_frame() -> bytes:
    """Frame an empty ping."""
    return _header(_PING, 0)


def pong_frame(payload: bytes) -> bytes:
    """Frame the answer to a ping; it must carry the ping's payload."""
    return _header(_PONG, len(payload)) + payload


def close_frame(code: int, reason: str) -> bytes:
    """Frame a close; a reason too long for a control frame is cut at a whole character."""
    text = reason.encode()[: _CONTROL_MAX - 2].decode(errors="ignore").encode()
    return _header(_CLOSE, 2 + len(text)) + code.to_bytes(2, "big") + text


def _header(first: int, size: int) -> bytes:
    if size < _SHORT:
        return bytes((first, size))
    if size < _LONG:
        return bytes((first, _SHORT)) + size.to_bytes(2, "big")
    return bytes((first, _SHORT + 1)) + size.to_bytes(8, "big")
