"""The session cookie and its CSRF token: how they are written, read and told apart from others."""

from __future__ import annotations

from typing import Final

from tradewind.identity.tokens import digest_of

STRICT_NAME: Final = "__Host-tradewind"
PLAIN_NAME: Final = "tradewind_session"


class SessionCookie:
    """Writes and reads the cookie; strict by default, plain only for browsers that refuse Secure on loopback."""

    def __init__(self, *, is_strict: bool) -> None:
        self.name = STRICT_NAME if is_strict else PLAIN_NAME
        self._attributes = "; Path=/; HttpOnly; SameSite=Strict" + ("; Secure" if is_strict else "")

    def setting(self, secret: str) -> str:
        """Return the `Set-Cookie` value that signs a browser in; it ends with the browser or the session."""
        return f"{self.name}={secret}{self._attributes}"

    def clearing(self) -> str:
        """Return the `Set-Cookie` value that makes a browser forget it."""
        return f"{self.name}={self._attributes}; Max-Age=0"

    def secret_in(self, header: str) -> str | None:
        """Return the secret in a `Cookie` header, or `None`."""
        for part in header.split(";"):
            name, _, value = part.strip().partition("=")
            if name == self.name and value:
                return value
        return None


def csrf_of(secret: str) -> str:
    """Derive the token that the page must repeat in `X-CSRF-Token`; a page of another origin cannot read it."""
    return digest_of(f"csrf:{secret}")
