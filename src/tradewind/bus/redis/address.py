"""Where Redis is, read from one URL; the password is kept out of everything that is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from tradewind.errors import ConfigError
from tradewind.kernel.settings_doc import without_credentials

if TYPE_CHECKING:
    from urllib.parse import SplitResult

    from tradewind.bus.settings import BusSettings

_ALLOWED: Final = (
    "redis://[user:password@]host:port/db, rediss://… (TLS), unix:///path?db=0 or "
    "redis+sentinel://host:port,host:port/service/db (rediss+sentinel:// with TLS)"
)
_DEFAULT_PORT: Final = 6379
_SENTINEL_PORT: Final = 26379
_HIGHEST_PORT: Final = 65_535


class RedisAddress(msgspec.Struct, frozen=True, kw_only=True):
    """One server, or the sentinels who know which it is (`sentinel`); `shown` is all of it that may be logged."""

    host: str = ""
    port: int = 0
    path: str = ""
    is_tls: bool = False
    database: int = 0
    user: str = ""
    password: str = ""
    sentinels: tuple[tuple[str, int], ...] = ()
    service: str = ""
    """What the sentinels call the master and its replicas."""
    sentinel_password: str = ""
    tls_ca: str = ""
    """File with the authorities that may have signed the server's certificate; empty: those of the system."""
    tls_cert: str = ""
    """File with the certificate that shows who we are, where the server wants one."""
    tls_key: str = ""

    @property
    def shown(self) -> str:
        """Return the address without user and password."""
        if self.sentinels and not self.host:
            return f"{self.service} of sentinels " + ",".join(f"{host}:{port}" for host, port in self.sentinels)
        return self.path or f"{self.host}:{self.port}"

    def __repr__(self) -> str:
        return f"RedisAddress({self.shown}/{self.database})"


def address_of(settings: BusSettings) -> RedisAddress:
    """Read the settings' URL and what belongs to it.

    Raises: ConfigError: it is no URL of Redis, or its parts do not fit together.
    """
    address = parse_address(settings.url, password=settings.password)
    files = {"tls_ca": settings.tls_ca, "tls_cert": settings.tls_cert, "tls_key": settings.tls_key}
    named = [name for name, file in files.items() if file]
    if named and not address.is_tls:
        message = f"bus.{named[0]} is set, but bus.url speaks no TLS; write rediss:// or rediss+sentinel://"
        raise ConfigError(message)
    if bool(settings.tls_cert) != bool(settings.tls_key):
        message = "bus.tls_cert and bus.tls_key belong together; set both or neither"
        raise ConfigError(message)
    return msgspec.structs.replace(address, sentinel_password=settings.sentinel_password, **files)


def parse_address(url: str, *, password: str = "") -> RedisAddress:
    """Read a URL; `password` wins over the one in it.

    Raises: ConfigError: it is no URL of Redis.
    """
    try:
        parts, hosts = _split(url)
        found = _read_server(parts) if hosts is None else _read_sentinels(parts, hosts)
        return msgspec.structs.replace(
            found,
            is_tls=parts.scheme.startswith("rediss"),
            user=unquote(parts.username or ""),
            password=password or unquote(parts.password or ""),
        )
    except ValueError as error:
        raise _refused(url) from error


def _split(url: str) -> tuple[SplitResult, str | None]:
    """Return a URL's parts, and the hosts of sentinels, `None` for one server.

    Several hosts are no netloc to `urlsplit`, and some versions of it refuse a bracket among them.

    Raises: ValueError: it is no URL.
    """
    scheme, _, rest = url.partition("://")
    if not scheme.endswith("+sentinel"):
        return urlsplit(url), None
    netloc, slash, path = rest.partition("/")
    user, at, hosts = netloc.rpartition("@")
    return urlsplit(f"{scheme}://{user}{at}sentinels{slash}{path}"), hosts


def _read_server(parts: SplitResult) -> RedisAddress:
    """Raises: ValueError: it is none."""
    is_unix = parts.scheme == "unix"
    if parts.scheme not in {"redis", "rediss", "unix"} or not (parts.path if is_unix else parts.hostname):
        raise ValueError(parts.scheme)
    if is_unix:
        database = _database(parse_qs(parts.query).get("db", ["0"])[0])
        return RedisAddress(path=unquote(parts.path), database=database)
    return RedisAddress(
        host=parts.hostname or "", port=parts.port or _DEFAULT_PORT, database=_database(parts.path.strip("/"))
    )


def _read_sentinels(parts: SplitResult, hosts: str) -> RedisAddress:
    """Raises: ValueError: they are none."""
    service, _, database = parts.path.strip("/").partition("/")
    sentinels = tuple(_host_and_port(each) for each in hosts.split(","))
    if parts.scheme not in {"redis+sentinel", "rediss+sentinel"} or not service:
        raise ValueError(parts.scheme)
    return RedisAddress(sentinels=sentinels, service=unquote(service), database=_database(database))


def _host_and_port(text: str) -> tuple[str, int]:
    """Raises: ValueError: it is none."""
    host, colon, port = text.rpartition(":") if not text.endswith("]") else (text, "", "")
    host, port = (host, port) if colon else (text, str(_SENTINEL_PORT))
    if not host or not 0 < int(port) <= _HIGHEST_PORT:
        raise ValueError(text)
    return host.strip("[]"), int(port)


def _database(text: str) -> int:
    """Raises: ValueError: it is no number."""
    number = int(text or 0)
    if number < 0:
        raise ValueError(text)
    return number


def _refused(url: str) -> ConfigError:
    return ConfigError(f"bus.url must be {_ALLOWED}, was {without_credentials(url)!r}")
