"""The connection to the fronts: one after another for ever, as the library does it, with its warnings and reasons."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING, Any, Final, Protocol

from tradewind.kernel.clock import monotonic_s
from tradewind.testing.ctp_front.binding.pacing import clock_factor
from tradewind.testing.ctp_front.wire import Frames, frame

if TYPE_CHECKING:
    from collections.abc import Sequence

READ_FAILED: Final = 0x1001
HEARTBEAT_TIMEOUT: Final = 0x2001
BAD_PACKET: Final = 0x2003
_WARNING_S: Final = 61
_TIMEOUT_S: Final = 121
_RETRY_S: Final = 1.0
_PIECE: Final = 1 << 16


class Listener(Protocol):
    """What an Api does with what the line hears."""

    def greeting(self) -> dict[str, Any]:
        """Return what to say first on a new connection."""
        ...

    def hear(self, message: list[Any]) -> None:
        """Take one message of the front."""
        ...

    def lost(self, reason: int) -> None:
        """The connection ended."""
        ...

    def silent(self, seconds: int) -> None:
        """Nothing was heard for so long."""
        ...


class Line(threading.Thread):
    """Connects, listens, and connects again one second after every end, until released."""

    def __init__(self, fronts: Sequence[str], listener: Listener) -> None:
        super().__init__(name="ctp-front-line", daemon=True)
        self._fronts = [_place(front) for front in fronts]
        self._listener = listener
        self._factor = clock_factor()
        self._released = threading.Event()
        self._socket: socket.socket | None = None
        self._sending = threading.Lock()
        self.address = ""

    def run(self) -> None:
        """Try one front after another."""
        turn = 0
        while not self._released.is_set():
            place = self._fronts[turn % len(self._fronts)]
            turn += 1
            try:
                link = socket.create_connection(place, timeout=_RETRY_S)
            except OSError:
                # Of a front that refuses, the library says nothing at all.
                self._released.wait(_RETRY_S / self._factor)
                continue
            with link:
                self.address = f"tcp://{place[0]}:{place[1]}"
                reason = self._converse(link)
            self._socket = None
            if not self._released.is_set():
                self._listener.lost(reason)
                self._released.wait(_RETRY_S / self._factor)

    def send(self, *parts: Any) -> bool:  # noqa: ANN401 - one message
        """Send to the front; say whether there is one."""
        link = self._socket
        if link is None:
            return False
        try:
            with self._sending:
                link.sendall(frame(*parts))
        except OSError:
            return False
        return True

    def release(self) -> None:
        """End; waits for the thread unless it is the one that asks."""
        self._released.set()
        link = self._socket
        if link is not None:
            # It may have ended by itself in this moment.
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
        if self.is_alive() and threading.current_thread() is not self:
            self.join(2.0)

    def _converse(self, link: socket.socket) -> int:
        link.settimeout(min(1.0, 1.0 / self._factor))
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = link
        self.send("hello", self._listener.greeting())
        frames, heard_s, is_warned = Frames(), monotonic_s(), False
        while not self._released.is_set():
            try:
                piece = link.recv(_PIECE)
            except TimeoutError:
                silence_s = (monotonic_s() - heard_s) * self._factor
                if silence_s >= _TIMEOUT_S:
                    return HEARTBEAT_TIMEOUT
                if silence_s >= _WARNING_S and not is_warned:
                    is_warned = True
                    self._listener.silent(_WARNING_S)
                continue
            except OSError:
                return READ_FAILED
            if not piece:
                return READ_FAILED
            heard_s, is_warned = monotonic_s(), False
            if not self._take(frames, piece):
                return BAD_PACKET
        return READ_FAILED

    def _take(self, frames: Frames, piece: bytes) -> bool:
        try:
            for message in frames.feed(piece):
                if self._released.is_set():
                    return True
                self._listener.hear(message)
        except ValueError:
            return False
        return True


def _place(front: str) -> tuple[str, int]:
    """Return host and port of `tcp://host:port`.

    Raises: ValueError: it is not that.
    """
    host, _, port = front.removeprefix("tcp://").rpartition(":")
    if not front.startswith("tcp://") or not host or not port.isdecimal():
        message = f"a front is tcp://host:port, was {front!r}"
        raise ValueError(message)
    return host, int(port)
