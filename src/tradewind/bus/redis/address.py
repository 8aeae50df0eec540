"""Where Redis is, read from one URL; the password is kept out of everything that is shown."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from tradewind.errors import ConfigError
from tradewind.kernel.settings_doc import without_credentials

_ALLOWED: Final = "redis://[user:password@]host:port/db, rediss://… (TLS) or unix:///path?db=0"
_DEFAULT_PORT: Final = 6379


class RedisAddress(msgspec.Struct, frozen=True, kw_only=True):
    """One server; `shown` is all of it that may be logged."""

    host: str = ""
    port: int = 0
    path: str = ""
    is_tls: bool = False
    database: int = 0
    user: str = ""
    password: str = ""

    @property
    def shown(self) -> str:
        """Return the address without user and password."""
        return self.path or f"{self.host}:{self.port}"

    def __repr__(self) -> str:
        return f"RedisAddress({self.shown}/{self.database})"


def parse_address(url: str, *, password: str = "") -> RedisAddress:
    """Read a URL; `password` wins over the one in it.

    Raises: ConfigError: it is no URL of Redis.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or _DEFAULT_PORT
        if parts.scheme == "unix":
            database = int(parse_qs(parts.query).get("db", ["0"])[0])
        else:
            database = int(parts.path.strip("/") or 0)
    except ValueError as error:
        raise _refused(url) from error
    is_unix = parts.scheme == "unix"
    if (
        parts.scheme not in {"redis", "rediss", "unix"}
        or database < 0
        or not (parts.path if is_unix else parts.hostname)
    ):
        raise _refused(url)
    return RedisAddress(
        host=parts.hostname or "",
        port=0 if is_unix else port,
        path=unquote(parts.path) if is_unix else "",
        is_tls=parts.scheme == "rediss",
        database=database,
        user=unquote(parts.username or ""),
        password=password or unquote(parts.password or ""),
    )


def _refused(url: str) -> ConfigError:
    return ConfigError(f"bus.url must be {_ALLOWED}, was {without_credentials(url)!r}")
