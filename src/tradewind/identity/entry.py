"""The entry: a gateway of ours before the doors, through which callers come with an address of their own.

Behind it every connection comes from the gateway. It says who called in `X-Real-IP`, which it sets anew on every
request; that is believed from its own addresses only. Whatever else a request says of proxies stays in it, so that
who came through a further one is still told from a program on this machine.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

CALLER_HEADER: Final = "x-real-ip"
_PLAIN_PORT: Final = 80
_TLS_PORT: Final = 443


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """Where callers find the gateway, and the addresses, or networks, from which it calls us.

    At `other_ports` it takes programs, and serves no page.
    """

    host: str
    port: int
    is_tls: bool = False
    peers: tuple[str, ...] = ("127.0.0.1", "::1")
    other_ports: tuple[int, ...] = ()

    def caller(self, headers: dict[str, str], peer: str) -> tuple[dict[str, str], str]:
        """Return the request's headers without the gateway's own word, and the address that it names."""
        if CALLER_HEADER not in headers or not _is_among(peer, self.peers):
            return headers, peer
        rest = {name: value for name, value in headers.items() if name != CALLER_HEADER}
        return rest, headers[CALLER_HEADER]

    def hosts_for(self, name: str) -> Iterator[str]:
        """Yield what a caller writes into `Host` when it comes by this name."""
        yield from self._pages_for(name)
        for port in self.other_ports:
            yield f"{name}:{port}".lower()

    def origins_for(self, name: str) -> Iterator[str]:
        """Yield the origin of our page under this name."""
        scheme = "https" if self.is_tls else "http"
        return (f"{scheme}://{host}" for host in self._pages_for(name))

    def _pages_for(self, name: str) -> Iterator[str]:
        yield f"{name}:{self.port}".lower()
        if self.port == (_TLS_PORT if self.is_tls else _PLAIN_PORT):
            yield name.lower()


@lru_cache(maxsize=4_096)
def _is_among(peer: str, peers: tuple[str, ...]) -> bool:
    """Tell whether an address is one of these, or in a network that is: `10.42.0.0/16`."""
    if peer in peers:
        return True
    try:
        address = ipaddress.ip_address(peer)
        return any(address in ipaddress.ip_network(each, strict=False) for each in peers if "/" in each)
    except ValueError:
        return False
