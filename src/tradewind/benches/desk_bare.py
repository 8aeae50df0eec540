"""The baseline of `bench desk`: a bare server that writes one frame of so many bytes to every client, and nothing else.

`python -m tradewind.benches.desk_bare BYTES COUNT` prints its port; at a line on its input it sends COUNT frames a
moment apart, each with the moment of its sending (ns), and says `sent`.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import click
import msgspec

from tradewind.benches.desk_listeners import Frames, Guest, Heard, Listeners, Orders
from tradewind.benches.result import pauses_s
from tradewind.kernel.clock import perf_ns

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_SHORT: Final = 126
_LARGE: Final = 1 << 16
_PAUSE_S: Final = (0.05, 0.15)
_HEAD_BYTES: Final = 64
"""What the fields of the smallest frame take."""


class BareFrame(msgspec.Struct, frozen=True):
    """What is sent: when, and padding."""

    at_ns: int
    rest: str


class _Peer(asyncio.Protocol):
    """Answers any handshake at once."""

    def __init__(self, peers: list[asyncio.Transport]) -> None:
        self._peers = peers
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        if self._transport is not None and b"\r\n\r\n" in data:
            self._transport.write(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
            self._peers.append(self._transport)


def measure_bare(folder: Path, *, clients: int, size: int, count: int) -> list[int]:
    """Return what each of `count` frames took to each client, in ns."""
    command = [sys.executable, "-m", "tradewind.benches.desk_bare", str(size), str(count)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - our own module
        if server.stdin is None or server.stdout is None:
            message = "the bare server has no pipes"
            raise RuntimeError(message)
        listeners = Listeners(Orders(int(server.stdout.readline()), "/", (Guest("X-Bare: 1", ()),) * clients))
        try:
            server.stdin.write("go\n")
            server.stdin.flush()
            server.stdout.readline()
            return _taken(listeners.heard(folder / "bare.heard"), clients)
        finally:
            listeners.end()
            server.kill()


def _taken(heard: Sequence[Heard], clients: int) -> list[int]:
    frames = [Frames() for _ in range(clients)]
    read = msgspec.json.Decoder(BareFrame).decode
    return [each.at_ns - read(frame).at_ns for each in heard for frame in frames[each.guest].feed(each.data)]


async def serve(size: int, count: int) -> None:
    """Let everybody in, then send."""
    peers: list[asyncio.Transport] = []
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Peer(peers), "127.0.0.1", 0, backlog=1_000)
    click.echo(server.sockets[0].getsockname()[1])
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.readline)
    pauses = pauses_s(*_PAUSE_S)
    rest = "." * max(size - _HEAD_BYTES, 0)
    for _ in range(count):
        await asyncio.sleep(next(pauses))
        payload = msgspec.json.encode(BareFrame(perf_ns(), rest))
        frame = framed(payload)
        for peer in peers:
            peer.write(frame)
    await asyncio.sleep(_PAUSE_S[1])
    click.echo("sent")
    sys.stdout.flush()
    server.close()


def framed(payload: bytes) -> bytes:
    """Return a server's text frame (RFC 6455 §5.2)."""
    size = len(payload)
    if size < _SHORT:
        return bytes((0x81, size)) + payload
    if size < _LARGE:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload


def run() -> None:
    """Serve as told."""
    import uvloop  # noqa: PLC0415 - only where the bench runs

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(int(sys.argv[1]), int(sys.argv[2])))


if __name__ == "__main__":
    run()
