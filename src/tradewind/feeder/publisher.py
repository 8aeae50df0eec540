"""The publisher's socket: like PUB, but it sees who subscribes and can say that a subscriber's queue is full."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any, Final

import zmq

from tradewind.errors import ConfigError, PortTakenError

if TYPE_CHECKING:
    from collections.abc import Sequence

_LINGER_MS: Final = 5000
"""How long what is queued may still go out after the end."""


class FeedPublisher:
    """One XPUB socket bound to one address."""

    def __init__(self, bind: str, *, queue: int, is_lossless: bool) -> None:
        """Bind it; with `is_lossless` a full queue refuses instead of dropping.

        Raises:
            PortTakenError: somebody listens there already.
            ConfigError: the address is none.
        """
        self._context: zmq.Context[Any] = zmq.Context()
        self._socket: zmq.Socket[Any] = self._context.socket(zmq.XPUB)
        self._socket.set(zmq.SNDHWM, queue)
        self._socket.set(zmq.LINGER, _LINGER_MS)
        self._socket.set(zmq.XPUB_NODROP, int(is_lossless))
        # Every subscription is told, also the second of a topic: they are counted.
        self._socket.set(zmq.XPUB_VERBOSER, 1)
        self.subscriptions = 0
        try:
            self._socket.bind(bind)
        except zmq.ZMQError as error:
            self.close()
            if error.errno == errno.EADDRINUSE:
                message = f"{bind} is taken; stop who listens there or give another --bind"
                raise PortTakenError(message) from error
            message = f"--bind {bind!r}: {error}; allowed is tcp://HOST:PORT, tcp://*:PORT or ipc://PATH"
            raise ConfigError(message) from error
        self.address = self._socket.get(zmq.LAST_ENDPOINT).decode()  # type: ignore[union-attr]  # bytes for this option
        """Where it is bound, with the port that was found for `:*`."""

    def close(self) -> None:
        """Send what is queued, as long as that takes no more than a few seconds, and close; safe to call twice."""
        if not self._context.closed:
            self._socket.close()
            self._context.term()

    def try_send(self, frames: Sequence[bytes]) -> bool:
        """Queue one message for every subscriber; return false when a queue is full and nothing may be dropped."""
        try:
            self._socket.send_multipart(frames, zmq.NOBLOCK)
        except zmq.Again:
            return False
        return True

    def count_subscriptions(self) -> int:
        """Return how many subscriptions stand now."""
        while True:
            try:
                message = self._socket.recv(zmq.NOBLOCK)
            except zmq.Again:
                return self.subscriptions
            self.subscriptions += 1 if message[:1] == b"\1" else -1
