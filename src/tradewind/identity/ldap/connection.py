"""One conversation with the directory server, in a thread: TLS before anything else, and over by a deadline.

Read from the socket is exactly what a message takes, so nothing sent in the clear before TLS is ever heard after it.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlsplit

from tradewind.errors import ConfigError, TransientError
from tradewind.identity.ldap import ber, messages
from tradewind.identity.ldap.ber import BerError
from tradewind.kernel.clock import monotonic_s

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tradewind.identity.ldap.messages import Entry, Message
    from tradewind.identity.settings import LdapSettings

_PORTS: Final = {"ldap": 389, "ldaps": 636}
_MOST_BYTES: Final = 4 << 20
"""Of one answer; a person with their groups takes a few thousand."""


class LdapAwayError(TransientError):
    """The directory server cannot be asked now, or answers what cannot be."""

    code = "ldap_away"


def tls_context(settings: LdapSettings) -> ssl.SSLContext:
    """Return how the server must prove itself: a certificate of its name, vouched for, over TLS 1.2 or newer.

    Raises: ConfigError: the file of certificates cannot be read.
    """
    try:
        context = ssl.create_default_context(cafile=settings.ca_file or None)
    except (OSError, ssl.SSLError) as error:
        message = f"access.ldap.ca_file: {settings.ca_file} holds no certificates that can be read ({error})"
        raise ConfigError(message) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class Connection:
    """A context manager; everything in it raises `LdapAwayError` when the server does not do as it should."""

    def __init__(self, settings: LdapSettings, context: ssl.SSLContext) -> None:
        self._settings = settings
        self._context = context
        self._until_s = monotonic_s() + settings.timeout_s
        self._last_id = 0
        self._socket: socket.socket | None = None

    def __enter__(self) -> Self:
        """Connect and begin TLS."""
        place = urlsplit(self._settings.url)
        host = place.hostname or ""
        try:
            plain = socket.create_connection((host, place.port or _PORTS[place.scheme]), timeout=self._left_s())
            self._socket = plain
            if place.scheme == "ldap":
                self._begin_tls()
            plain.settimeout(self._left_s())
            self._socket = self._context.wrap_socket(plain, server_hostname=host)
        except (OSError, ssl.SSLError) as error:
            self.close()
            raise self._away(error) from error
        except TransientError:
            self.close()
            raise
        return self

    def __exit__(self, *_raised: object) -> None:
        """Say good-bye."""
        with contextlib.suppress(OSError, TransientError):
            self._send(messages.unbind())
        self.close()

    def close(self) -> None:
        """Let the socket go."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def bind(self, dn: str, password: str) -> int:
        """Say who asks from now on; return the server's code (0: accepted, 49: wrong password)."""
        return self._ask(messages.bind(dn, password), messages.BOUND)[0]

    def search(
        self, base: str, conditions: Iterable[tuple[str, str]], attributes: Iterable[str], *, most: int
    ) -> list[Entry]:
        """Return up to `most` entries, or one more where there are more; references to other servers are left alone."""
        seconds = max(1, int(self._left_s()))
        number = self._send(messages.search(base, conditions, attributes, most=most + 1, seconds=seconds))
        found: list[Entry] = []
        while True:
            answer = self._receive(number)
            if answer.kind == messages.ENTRY:
                found.append(messages.entry(answer.content))
                if len(found) > most + 1:
                    message = f"the directory server sent more than the {most + 1} entries it was asked for"
                    raise LdapAwayError(message)
            elif answer.kind == messages.DONE:
                code, words = messages.result(answer.content)
                if code not in {messages.SUCCESS, messages.TOO_MANY}:
                    message = f"the directory server refused to search below {base!r}: {code} {words}"
                    raise LdapAwayError(message)
                return found
            elif answer.kind != messages.REFERENCE:
                message = f"the directory server answered a search with {answer.kind:#x}"
                raise LdapAwayError(message)

    def _begin_tls(self) -> None:
        code, words = self._ask(messages.start_tls(), messages.EXTENDED_DONE)
        if code != messages.SUCCESS:
            message = f"the directory server does not begin TLS ({code} {words}); nothing is said to it without"
            raise LdapAwayError(message)

    def _ask(self, operation: bytes, answered_by: int) -> tuple[int, str]:
        answer = self._receive(self._send(operation))
        if answer.kind != answered_by:
            message = f"the directory server answered with {answer.kind:#x}, {answered_by:#x} was expected"
            raise LdapAwayError(message)
        return messages.result(answer.content)

    def _send(self, operation: bytes) -> int:
        self._last_id += 1
        try:
            self._ready().sendall(messages.request(self._last_id, operation))
        except OSError as error:
            raise self._away(error) from error
        return self._last_id

    def _receive(self, number: int) -> Message:
        try:
            start = self._exactly(2)
            header = start + self._exactly(ber.header_size(start) - 2)
            size = ber.content_size(header)
            if header[0] != ber.SEQUENCE or size > _MOST_BYTES:
                message = f"the directory server sent {header[0]:#x} of {size} bytes, which is no LDAP message"
                raise LdapAwayError(message)
            answer = messages.read(self._exactly(size))
        except OSError as error:
            raise self._away(error) from error
        except BerError as error:
            message = f"the directory server sent what is no LDAP: {error}"
            raise LdapAwayError(message) from error
        if answer.message_id != number:
            # Number 0 is the server's own word: it is about to hang up.
            message = f"the directory server answered request {answer.message_id}, {number} was asked"
            raise LdapAwayError(message)
        return answer

    def _exactly(self, count: int) -> bytes:
        parts, missing = [], count
        while missing:
            part = self._ready().recv(missing)
            if not part:
                message = "it hung up"
                raise ConnectionResetError(message)
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def _ready(self) -> socket.socket:
        if self._socket is None:
            message = "the conversation is over"
            raise ConnectionResetError(message)
        self._socket.settimeout(self._left_s())
        return self._socket

    def _left_s(self) -> float:
        left_s = self._until_s - monotonic_s()
        if left_s <= 0:
            raise TimeoutError
        return left_s

    def _away(self, error: Exception) -> LdapAwayError:
        said = f"no answer within {self._settings.timeout_s:g} s" if isinstance(error, TimeoutError) else str(error)
        return LdapAwayError(f"the directory server {self._settings.url} cannot be asked: {said}")
