"""What travels between the binding and the simulated fronts: msgpack lists, each with its length before it.

To the front: `["hello", {...}]`, `["heartbeat"]`, `["request", name, fields, request_id]`,
`["subscribe", [symbol, …], is_wanted]`. To the client: `["hello", {...}]`, `["heartbeat"]`, `["login", {...}]`,
`["response", callback, fields | nil, [error_id, text] | nil, request_id, is_last]`,
`["return", callback, fields, [error_id, text] | nil, flow, number]`, `["tick", 584 bytes]`. Fields that are empty or
zero stay away.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

Fields = dict[str, Any]
_LENGTH: Final = struct.Struct("<I")
_LONGEST: Final = 16 << 20
_ENCODE: Final = msgspec.msgpack.Encoder().encode
_DECODE: Final = msgspec.msgpack.Decoder(list[Any]).decode


def frame(*parts: Any) -> bytes:  # noqa: ANN401 - one message, whatever its parts
    """Return one message as it is sent."""
    body = _ENCODE(parts)
    return _LENGTH.pack(len(body)) + body


class Frames:
    """Puts messages together out of whatever pieces a socket gives."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, piece: bytes) -> Iterator[list[Any]]:
        """Yield the messages that are whole now.

        Raises: ValueError: this is no such stream.
        """
        rest = self._rest
        rest += piece
        while len(rest) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(rest)
            if length > _LONGEST:
                message = f"a message of {length} bytes: this is no simulated front"
                raise ValueError(message)
            if len(rest) < _LENGTH.size + length:
                return
            body = bytes(rest[_LENGTH.size : _LENGTH.size + length])
            del rest[: _LENGTH.size + length]
            try:
                yield _DECODE(body)
            except msgspec.MsgspecError as error:
                message = f"not a message of a simulated front: {error}"
                raise ValueError(message) from error
