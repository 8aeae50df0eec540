"""Many clients of push in one process for `bench desk`: each frame is noted with the moment it could be read.

`python -m tradewind.benches.desk_listeners` reads one line of JSON (`Orders`) from its input, connects everybody, says
`ready`; at the next line it writes what came (`Heard`, msgpack) to the file named there and ends. Nothing is read into
the frames meanwhile: that would be measured too.
"""

from __future__ import annotations

import select
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.errors import ConfigError
from tradewind.kernel.clock import monotonic_s, perf_ns

if TYPE_CHECKING:
    from collections.abc import Iterator

_READ_BYTES: Final = 1 << 20
_SHORT, _LONG = 126, 127
_TEXT: Final = 0x81
_PATIENCE_S: Final = 30.0
_LOOK_S: Final = 0.1


class Guest(msgspec.Struct, frozen=True):
    """One client: the header that says who it is, and the commands it sends once it is in."""

    header: str
    commands: tuple[str, ...]


class Orders(msgspec.Struct, frozen=True):
    """Who is to connect where."""

    port: int
    path: str
    guests: tuple[Guest, ...]


class Heard(msgspec.Struct, frozen=True, array_like=True):
    """What one read gave: whose, when (ns), the bytes."""

    guest: int
    at_ns: int
    data: bytes


def connect(port: int, path: str, guest: Guest) -> tuple[socket.socket, bytes]:
    """Get in; rights that were given a moment ago may not have come as far as this door.

    Raises: ConfigError: the handshake is refused for good.
    """
    until_s = monotonic_s() + _PATIENCE_S
    while True:
        try:
            return _shake_hands(port, path, guest)
        except ConfigError:
            if monotonic_s() > until_s:
                raise
        time.sleep(_LOOK_S)


def _shake_hands(port: int, path: str, guest: Guest) -> tuple[socket.socket, bytes]:
    """Shake hands and send the guest's commands; return the socket and what came with the handshake's answer."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE_S)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    head = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{guest.header}\r\n\r\n"
    )
    connection.sendall(head.encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        piece = connection.recv(_READ_BYTES)
        if not piece:
            break
        answer += piece
    if b" 101 " not in answer.partition(b"\r\n")[0]:
        connection.close()
        message = f"the handshake on port {port} was refused: {answer[:200]!r}"
        raise ConfigError(message)
    for command in guest.commands:
        connection.sendall(_masked(command.encode()))
    return connection, answer.partition(b"\r\n\r\n")[2]


def _masked(payload: bytes) -> bytes:
    """Frame a client's text, masked with zeros, which change nothing."""
    size = len(payload)
    head = bytes((_TEXT, 0x80 | size)) if size < _SHORT else bytes((_TEXT, 0x80 | _SHORT)) + size.to_bytes(2, "big")
    return head + bytes(4) + payload


class Frames:
    """Cuts what a server sends into its frames."""

    def __init__(self) -> None:
        self._pending = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the payload of each frame that is whole by now."""
        self._pending += data
        while (extent := self._extent()) is not None and len(self._pending) >= extent[1]:
            payload, self._pending = self._pending[extent[0] : extent[1]], self._pending[extent[1] :]
            yield payload

    def _extent(self) -> tuple[int, int] | None:
        pending = self._pending
        if len(pending) < len(b"01"):
            return None
        size = pending[1] & 0x7F
        if size < _SHORT:
            return 2, 2 + size
        width = 2 if size == _SHORT else 8
        if len(pending) < 2 + width:
            return None
        return 2 + width, 2 + width + int.from_bytes(pending[2 : 2 + width], "big")


class Listeners:
    """The clients' process, started."""

    def __init__(self, orders: Orders) -> None:
        """Return once everybody is connected.

        Raises: ConfigError: somebody is not let in.
        """
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tradewind.benches.desk_listeners"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._say(msgspec.json.encode(orders))
        if self._process.stdout is None or self._process.stdout.readline() != b"ready\n":
            message = f"the listeners ended with {self._process.wait()}; their words stand above"
            raise ConfigError(message)

    def heard(self, file: Path) -> list[Heard]:
        """End it; return what came, in the order of time."""
        self._say(str(file).encode())
        self._process.wait(timeout=_PATIENCE_S)
        return msgspec.msgpack.decode(file.read_bytes(), type=list[Heard])

    def end(self) -> None:
        """Leave nothing behind."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _say(self, line: bytes) -> None:
        if self._process.stdin is not None:
            self._process.stdin.write(line + b"\n")
            self._process.stdin.flush()


def run() -> None:
    """Connect, listen until told to end, write down what came."""
    orders = msgspec.json.decode(sys.stdin.buffer.readline(), type=Orders)
    heard: list[Heard] = []
    sockets: dict[int, tuple[int, socket.socket]] = {}
    waiter: Any = select.epoll()
    for number, guest in enumerate(orders.guests):
        connection, rest = connect(orders.port, orders.path, guest)
        heard.append(Heard(number, perf_ns(), rest))
        sockets[connection.fileno()] = number, connection
        waiter.register(connection, select.EPOLLIN)
    waiter.register(sys.stdin, select.EPOLLIN)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        for handle, _ in waiter.poll():
            if handle not in sockets:
                Path(sys.stdin.readline().strip()).write_bytes(msgspec.msgpack.encode(heard))
                return
            number, connection = sockets[handle]
            at_ns = perf_ns()
            data = connection.recv(_READ_BYTES)
            if not data:
                waiter.unregister(handle)
            heard.append(Heard(number, at_ns, data))


if __name__ == "__main__":
    run()
