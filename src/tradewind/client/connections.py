"""HTTP to one place over connections that are kept: one a caller at a time, checked before it is used again.

Calls wait; any thread may make them. What is told apart is what decides about acts: that nothing was sent
(`AwayError`), or that something was and no answer came (`LostAnswerError`).
"""

from __future__ import annotations

import http.client
import selectors
import ssl
import threading
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

from tradewind.client.refusals import AwayError, LostAnswerError
from tradewind.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEPT: Final = 4


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


class Connections:
    """`address` is where the platform is, `http://host:port` or `https://host`, with its path prefix if it has one."""

    def __init__(self, address: str, *, context: ssl.SSLContext | None, timeout_s: float) -> None:
        """Raises: ConfigError: the address is none."""
        self._lock = threading.Lock()
        self._kept: list[http.client.HTTPConnection] = []
        place = urlsplit(address)
        if place.scheme not in {"http", "https"} or not place.hostname or place.username:
            message = (
                f"the address must be http://host:port or https://host, was {place.scheme}://{place.hostname or ''}"
            )
            raise ConfigError(message)
        self.address = f"{place.scheme}://{place.netloc}{place.path.rstrip('/')}"
        self.context = context or (ssl.create_default_context() if place.scheme == "https" else None)
        self._place = place
        self._prefix = place.path.rstrip("/")
        self._timeout_s = timeout_s

    @property
    def socket_address(self) -> str:
        """Return the place as WebSockets name it."""
        return f"{'wss' if self._place.scheme == 'https' else 'ws'}://{self._place.netloc}"

    def exchange(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        """Send one request and return its answer.

        Raises:
            AwayError: nobody is there; nothing was sent.
            LostAnswerError: it was sent, at least in part, and no answer came.
        """
        connection = self._connected()
        try:
            connection.request(method, self._prefix + path, body=body or None, headers=dict(headers))
            answer = connection.getresponse()
            told = Answer(answer.status, answer.headers, answer.read())
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            message = f"{self.address} has not answered {method} {path.partition('?')[0]} ({_said(error)})"
            raise LostAnswerError(message) from error
        if answer.will_close:
            connection.close()
        else:
            self._keep(connection)
        return told

    def close(self) -> None:
        """Close what is kept; a later call opens anew."""
        with self._lock:
            kept, self._kept = self._kept, []
        for connection in kept:
            connection.close()

    def __del__(self) -> None:
        # Who forgot to close leaves no open socket behind.
        self.close()

    def _connected(self) -> http.client.HTTPConnection:
        while kept := self._take():
            if _is_quiet(kept):
                return kept
            kept.close()
        connection = self._new()
        try:
            connection.connect()
        except OSError as error:
            connection.close()
            message = f"nothing answers at {self.address} ({_said(error)})"
            raise AwayError(message) from error
        return connection

    def _new(self) -> http.client.HTTPConnection:
        place = self._place
        host = place.hostname or ""
        if place.scheme == "https":
            return http.client.HTTPSConnection(host, place.port, timeout=self._timeout_s, context=self.context)
        return http.client.HTTPConnection(host, place.port, timeout=self._timeout_s)

    def _take(self) -> http.client.HTTPConnection | None:
        with self._lock:
            return self._kept.pop() if self._kept else None

    def _keep(self, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            if len(self._kept) < _KEPT:
                self._kept.append(connection)
                return
        connection.close()


def _is_quiet(connection: http.client.HTTPConnection) -> bool:
    """Say whether a kept connection can be used again: bytes that nobody asked for are its end."""
    if connection.sock is None:
        return False
    with selectors.DefaultSelector() as selector:
        selector.register(connection.sock, selectors.EVENT_READ)
        return not selector.select(0)


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
