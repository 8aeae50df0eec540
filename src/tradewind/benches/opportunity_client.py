"""A WebSocket client of the older opportunity stream, as plain as can be: it must not be what is measured."""

from __future__ import annotations

import socket
from typing import Final

_CLOSE, _PING, _PONG = 8, 9, 10
_SHORT: Final = 126
_LONGEST_HEAD: Final = 10
_READ_BYTES: Final = 1 << 20


class OpportunityClient:
    """One connection to `/ws/opportunities`."""

    def __init__(self, port: int) -> None:
        """Connect and wait for the handshake's answer.

        Raises: OSError: nobody listens there, or they hang up.
        """
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(
            b"GET /ws/opportunities HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n" % port
        )
        pending = b""
        while b"\r\n\r\n" not in pending:
            data = self._socket.recv(65_536)
            if not data:
                message = "the server hung up during the handshake"
                raise ConnectionResetError(message)
            pending += data
        self._pending = pending.partition(b"\r\n\r\n")[2]

    def frame(self, timeout_s: float | None = None) -> bytes | None:
        """Return the next frame's payload; `None` when the server closes.

        Raises: TimeoutError: none came in time.
        """
        self._socket.settimeout(timeout_s)
        while True:
            begin, end = _extent(self._pending)
            if end and len(self._pending) >= end:
                kind = self._pending[0] & 0x0F
                payload, self._pending = self._pending[begin:end], self._pending[end:]
                if kind == _PING:
                    # Masked with zeros, which changes nothing.
                    self._socket.sendall(bytes((0x80 | _PONG, 0x80 | len(payload))) + bytes(4) + payload)
                elif kind != _PONG:
                    return None if kind == _CLOSE else payload
                continue
            data = self._socket.recv(_READ_BYTES)
            if not data:
                return None
            self._pending += data

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


def _extent(pending: bytes) -> tuple[int, int]:
    """Return where the first frame's payload begins and ends (RFC 6455 §5.2); (0, 0) while that is not known yet."""
    if len(pending) < _LONGEST_HEAD:
        # Only a frame shorter than the longest head can be whole here.
        size = pending[1] & 0x7F if len(pending) > 1 else _SHORT
        return (2, 2 + size) if size < _SHORT else (0, 0)
    size = pending[1] & 0x7F
    if size < _SHORT:
        return 2, 2 + size
    width = 2 if size == _SHORT else 8
    return 2 + width, 2 + width + int.from_bytes(pending[2 : 2 + width], "big")
