"""Addresses as the gate compares them: which Host and Origin are ours, which peer is this machine."""

from __future__ import annotations

import functools
import ipaddress
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from tradewind.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tradewind.identity.entry import Entry

LOOPBACK_NAMES: Final = ("127.0.0.1", "localhost", "[::1]")
_ANY: Final = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - compared with, never bound
_HTTP_PORT: Final = 80


@functools.lru_cache(maxsize=1024)
def is_loopback(address: str) -> bool:
    """Say whether a peer's or listener's address is this machine's own: 127/8, ::1, localhost."""
    if address == "localhost":
        return True
    try:
        parsed = ipaddress.ip_address(address.strip("[]").partition("%")[0])
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).is_loopback


class Neighbourhood:
    """The names under which this server may be addressed, and the pages that may address it."""

    def __init__(
        self,
        *,
        bound_to: Iterable[str],
        page_port: int,
        ports: Iterable[int],
        hosts: Iterable[str] = (),
        origins: Iterable[str] = (),
        entry: Entry | None = None,
    ) -> None:
        """Build the lists from the addresses we and our gateway listen on, and from what the operator added.

        Raises: ConfigError: an added origin is no `scheme://host[:port]`.
        """
        bound = (*bound_to, *((entry.host,) if entry is not None else ()))
        names = [*LOOPBACK_NAMES, *(_bracketed(host) for host in bound if host not in _ANY)]
        all_ports = (page_port, *ports)
        own_hosts = {host for name in names for host in entry.hosts_for(name)} if entry is not None else set()
        own_pages = {page for name in names for page in entry.origins_for(name)} if entry is not None else set()
        loopback = {host for name in LOOPBACK_NAMES for host in entry.hosts_for(name)} if entry is not None else set()
        self.loopback_hosts = frozenset(_with_ports(LOOPBACK_NAMES, all_ports)) | loopback
        self.hosts = frozenset(_with_ports(names, all_ports)) | own_hosts | {host.lower() for host in hosts}
        own = (f"http://{host}" for host in _with_ports(names, (page_port,)))
        self.origins = frozenset(own) | own_pages | {_origin(origin) for origin in origins}
        self._is_open = not all(is_loopback(host) for host in bound)

    def knows_host(self, host: str) -> bool:
        """Say whether a Host header names us.

        Listening beyond loopback we also answer to bare IP addresses: a rebinding page needs a name to rebind.
        """
        return host in self.hosts or host.lower() in self.hosts or (self._is_open and _is_address(host))


def _with_ports(names: Iterable[str], ports: Iterable[int]) -> Iterator[str]:
    for name in names:
        for port in ports:
            yield f"{name}:{port}".lower()
            if port == _HTTP_PORT:
                yield name.lower()


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def _is_address(host: str) -> bool:
    name = host.rpartition(":")[0] if ":" in host.rpartition("]")[2] else host
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _origin(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.netloc or text != f"{parts.scheme}://{parts.netloc}":
        message = f"access.origins: an origin is scheme://host[:port] and nothing else, was {text!r}"
        raise ConfigError(message)
    return text.lower()
