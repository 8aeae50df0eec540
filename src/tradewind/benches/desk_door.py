"""A person's way to the REST door for `bench desk`: one connection that stays open, as a browser's does."""

from __future__ import annotations

import http.client
from typing import Any, Final

import msgspec

from tradewind.errors import ConfigError
from tradewind.kernel.ids import new_epoch

_OK: Final = range(200, 300)
_TIMEOUT_S: Final = 20.0


class Door:
    """One caller at one instance of api."""

    def __init__(self, port: int, header: str, csrf: str = "") -> None:
        """`header` says who calls."""
        self.port = port
        self.header = header
        self._csrf = csrf
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_S)

    @classmethod
    def signed_in(cls, port: int, name: str, password: str) -> Door:
        """Sign in by name and password; return the door of who is in.

        Raises: ConfigError: the password is wrong.
        """
        plain = cls(port, "X-Nobody: 1")
        told, cookie = plain.ask("POST", "/api/v1/session", {"username": name, "password": password})
        plain.close()
        return cls(port, f"Cookie: {cookie.partition(';')[0]}", told["csrf"])

    @property
    def handshake(self) -> str:
        """Return the headers of a WebSocket of the same caller's page."""
        return f"{self.header}\r\nOrigin: http://127.0.0.1:{self.port}"

    def post(self, path: str, body: object) -> Any:  # noqa: ANN401 - what the door answers
        """Give a command under a fresh key; return the answer.

        Raises: ConfigError: it was refused.
        """
        return self.ask("POST", path, body)[0]

    def ask(self, method: str, path: str, body: object) -> tuple[Any, str]:
        """Return the answer and the cookie that came with it.

        Raises: ConfigError: it was refused. OSError: nobody is there.
        """
        name, _, value = self.header.partition(": ")
        headers = {name: value, "Content-Type": "application/json", "Idempotency-Key": new_epoch()}
        if self._csrf:
            headers["X-CSRF-Token"] = self._csrf
        try:
            self._connection.request(method, path, msgspec.json.encode(body), headers)
            answer = self._connection.getresponse()
            told = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            message = f"no answer from the api on port {self.port}: {error}"
            raise ConnectionError(message) from error
        if answer.status not in _OK:
            message = f"{method} {path} was answered {answer.status}: {told[:300].decode(errors='replace')}"
            raise ConfigError(message)
        return msgspec.json.decode(told) if told else None, answer.getheader("set-cookie", "")

    def close(self) -> None:
        """Hang up."""
        self._connection.close()
