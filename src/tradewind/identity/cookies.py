"""The session cookie and its CSRF token: how they are written, read and told apart from others."""

from __future__ import annotations

from typing import Final

import msgspec

from tradewind.identity.tokens import digest_of

STRICT_NAME: Final = "__Host-tradewind"
PLAIN_NAME: Final = "tradewind_session"
_DEVICE_S: Final = 180 * 86_400


class Marking(msgspec.Struct, frozen=True):
    """A cookie that marks a browser and opens nothing; strict as the session's, and kept for half a year."""

    name: str
    value: str
    is_secure: bool
    max_age_s: int


class SessionCookie:
    """Writes and reads the cookie; strict by default, plain only for browsers that refuse Secure on loopback.

    An installation under a path of its host has a name of its own: two on one host do not sign each other's people
    out. The name tells them apart and not `Path`: `__Host-` allows only `/`, and push may stand outside the path.
    """

    def __init__(self, *, is_strict: bool, prefix: str = "") -> None:
        """`prefix` is the path under which people find this installation, empty for the root of its host."""
        own = prefix.strip("/").replace("/", ".")
        self.name = (STRICT_NAME if is_strict else PLAIN_NAME) + (f"-at-{own}" if own else "")
        self._attributes = "; Path=/; HttpOnly; SameSite=Strict" + ("; Secure" if is_strict else "")

        self._device = f"{self.name}-device"
        self._is_strict = is_strict

    def setting(self, secret: str) -> str:
        """Return the `Set-Cookie` value that signs a browser in; it ends with the browser or the session."""
        return f"{self.name}={secret}{self._attributes}"

    def clearing(self) -> str:
        """Return the `Set-Cookie` value that makes a browser forget it."""
        return f"{self.name}={self._attributes}; Max-Age=0"

    def marking(self, secret: str) -> Marking:
        """Return the cookie by which this browser is known the next time its user signs in."""
        return Marking(self._device, secret, is_secure=self._is_strict, max_age_s=_DEVICE_S)

    def device_in(self, header: str) -> str | None:
        """Return what marks the browser in a `Cookie` header, or `None`."""
        return _value_of(self._device, header)

    def secret_in(self, header: str) -> str | None:
        """Return the secret in a `Cookie` header, or `None`."""
        return _value_of(self.name, header)


def _value_of(wanted: str, header: str) -> str | None:
    for part in header.split(";"):
        name, _, value = part.strip().partition("=")
        if name == wanted and value:
            return value
    return None


def csrf_of(secret: str) -> str:
    """Derive the token that the page must repeat in `X-CSRF-Token`; a page of another origin cannot read it."""
    return digest_of(f"csrf:{secret}")
