"""Addresses we may speak to: encrypted, or on this machine. A key goes over no other line."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from tradewind.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOCAL_NAMES: Final = frozenset({"localhost", "localhost.localdomain"})
REST_SCHEMES: Final[Mapping[str, str]] = {"https": "http"}
LIVE_SCHEMES: Final[Mapping[str, str]] = {"wss": "ws"}
"""Each encrypted scheme with the plain one that is good enough within one machine."""


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine and nothing else, without asking anybody for its address."""
    if host.lower() in _LOCAL_NAMES:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def checked(address: str, setting: str, schemes: Mapping[str, str]) -> str:
    """Return an address without its last slash.

    Raises: ConfigError: it is none, carries more than a place in it, or is neither encrypted nor of this machine.
    """
    (secure, plain) = next(iter(schemes.items()))
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if not host or parts.scheme not in {secure, plain} or any(letter.isspace() for letter in address):
        message = f"{setting} must be an address as {secure}://host or {secure}://host/path"
        raise ConfigError(message)
    if parts.username is not None or parts.query or parts.fragment:
        message = f"{setting} must hold neither a name, a password, a `?` nor a `#`; the key belongs in infoway.api_key"
        raise ConfigError(message)
    if parts.scheme == plain and not is_loopback(host):
        message = f"{setting} must be {secure}://, was {plain}://{host}; unencrypted only to this machine"
        raise ConfigError(message)
    return address.rstrip("/")
