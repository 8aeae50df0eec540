"""Who asks: an API key or the access token, or a person's name and password."""

from __future__ import annotations

import msgspec


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two ways to be let in; `code` is of the person's app, where they have a second factor."""

    key: str = ""
    username: str = ""
    password: str = ""
    code: str = ""

    @property
    def is_empty(self) -> bool:
        """True where nothing proves anything."""
        return not self.key and not (self.username and self.password)

    @property
    def is_lasting(self) -> bool:
        """True where it can be shown a second time: a code cannot."""
        return not self.code

    def form(self) -> bytes:
        """Return it as a sign-in sends it."""
        told = {"username": self.username, "password": self.password}
        return msgspec.json.encode({**told, "code": self.code} if self.code else told)

    def __repr__(self) -> str:
        """Say who, and no secret."""
        return f"Proof({self.username or 'key'}, ***)"
