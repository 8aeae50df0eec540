"""The session cookie and its CSRF token: how they are written, read and told apart from others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.identity.tokens import digest_of

if TYPE_CHECKING:
    from tradewind.identity.settings import AccessSettings

STRICT_NAME: Final = "__Host-tradewind"
PLAIN_NAME: Final = "tradewind_session"
USUAL_PORT: Final = 8_888
"""Whoever is found here has the cookie's bare name, which was everybody's before ports were told apart."""
_DEVICE_S: Final = 180 * 86_400


class Marking(msgspec.Struct, frozen=True):
    """A cookie that marks a browser and opens nothing; strict as the session's, and kept for half a year."""

    name: str
    value: str
    is_secure: bool
    max_age_s: int


class SessionCookie:
    """Writes and reads the cookie; strict by default, plain only for browsers that refuse Secure on loopback.

    Two installations on one host do not sign each other's people out: the name tells them apart by port and path.
    Browsers send cookies to every port of a host, so the port has to be said here; and `Path` cannot say the path:
    `__Host-` allows only `/`, and push may stand outside it.
    """

    def __init__(self, *, is_strict: bool, installation: str = "", prefix: str = "") -> None:
        """Name the cookie.

        `installation` is what tells this one from others of its host, the same in all its processes, see
        `installation_of`. `prefix` is the path under which people find it, empty for the root of its host.
        """
        own = prefix.strip("/").replace("/", ".")
        bare = STRICT_NAME if is_strict else PLAIN_NAME
        # No name of an installation has a `.` or `-`: nothing that is put together here is another's whole name.
        self.name = bare + (f".{installation}" if installation else "") + (f"-at-{own}" if own else "")
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


def installation_of(named: str, port: int) -> str:
    """Return what the cookie calls an installation: its own word, else the port people find it at; the usual has none.

    A port that is not known yet (0) is none.
    """
    told = named or (str(port) if port else "")
    return "" if told == str(USUAL_PORT) else told


def cookie_of(settings: AccessSettings, public_port: int, prefix: str) -> SessionCookie:
    """Return the cookie of an installation as its settings want it."""
    installation = installation_of(settings.installation, public_port)
    return SessionCookie(is_strict=settings.cookie == "host", installation=installation, prefix=prefix)


def csrf_of(secret: str) -> str:
    """Derive the token that the page must repeat in `X-CSRF-Token`; a page of another origin cannot read it."""
    return digest_of(f"csrf:{secret}")
