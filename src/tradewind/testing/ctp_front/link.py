"""One connection of a client to a front, and the flow of what an investor is told unasked."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any, Final

from tradewind.testing.ctp_front.wire import Fields, frame

if TYPE_CHECKING:
    from tradewind.testing.ctp_front.faults import Shape

RESTART: Final = 0
RESUME: Final = 1
NONE: Final = 3
Told = tuple[str, Fields, tuple[int, str] | None]
"""(callback, fields, error)"""


class Link:
    """Writes messages to one client; a client that is gone or reads no more is hung up on."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._sending = threading.Lock()
        self.greeting: Fields = {}
        self.is_muted = False
        """True: nothing is sent any more, not even heartbeats, and the connection stays."""
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(None)

    def send(self, *parts: Any) -> None:  # noqa: ANN401 - one message
        """Send one message, or hang up."""
        self.send_bytes(frame(*parts))

    def send_bytes(self, data: bytes) -> None:
        """Send messages that are framed already."""
        if self.is_muted:
            return
        try:
            with self._sending:
                self._connection.sendall(data)
        except OSError:
            self.hang_up()

    def respond(
        self, name: str, fields: Fields | None, error: tuple[int, str] | None, number: int, *, is_last: bool = True
    ) -> None:
        """Answer a request."""
        self.send("response", name, fields, error, number, is_last)

    def hang_up(self) -> None:
        """End the connection; whoever reads from it sees the end."""
        try:
            self._connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            # The other side was first.
            return


class PrivateFlow:
    """What one investor was told on a trading day, numbered from 1, and who hears it now."""

    def __init__(self) -> None:
        self._told: list[Told] = []
        self._links: list[Link] = []

    def join(self, link: Link, mode: int, heard: int) -> None:
        """Tell a session that logged in what it missed, by its mode, and everything from now on."""
        if mode == NONE:
            return
        start = {RESTART: 0, RESUME: heard}.get(mode, len(self._told))
        for number, (name, fields, error) in enumerate(self._told[start:], start + 1):
            link.send("return", name, fields, error, "Private", number)
        self._links.append(link)

    def leave(self, link: Link) -> None:
        """Tell it nothing more."""
        if link in self._links:
            self._links.remove(link)

    def tell(self, batch: list[Told], shape: Shape) -> None:
        """Tell what one event set off."""
        for name, fields, error in shaped(batch, shape):
            self._told.append((name, fields, error))
            for link in tuple(self._links):
                link.send("return", name, fields, error, "Private", len(self._told))

    def clear(self) -> None:
        """Begin a new trading day."""
        self._told.clear()


def shaped(batch: list[Told], shape: Shape) -> list[Told]:
    """Return returns of one event as a clumsy front tells them."""
    if shape == "trades_first":
        return sorted(batch, key=lambda told: told[0] != "OnRtnTrade")
    if shape == "reversed":
        return batch[::-1]
    if shape == "twice":
        return [told for told in batch for _ in range(2)]
    return batch
