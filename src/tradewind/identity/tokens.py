"""The access token: 256 random bits, shown once, kept only as a hash; whoever has it is the administrator."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.identity.files import read_private, stamp_of, write_private
from tradewind.kernel.ids import new_secret

if TYPE_CHECKING:
    from pathlib import Path

_NO_HASH: Final = "0" * 64
_HANDLE_PREFIX: Final = "token:"


class StoredToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`access.json`: the hash of the token, nothing that opens a door."""

    token_sha256: str


def digest_of(secret: str) -> str:
    """Return the SHA-256 of a secret in hex; enough for 256 random bits, where no word list helps a thief."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


class AccessTokens:
    """The one token of this installation, in `path`; another process may renew it at any time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._hash = _NO_HASH

    def ensure(self) -> str | None:
        """Make the token if there is none yet; return it in plain only when it was made just now.

        Raises: ConfigError: the file cannot be written or is damaged.
        """
        return None if self._current() != _NO_HASH else self.renew()

    def renew(self) -> str:
        """Replace the token and return the new one; sessions opened with the old one end.

        Raises: ConfigError: the file cannot be written.
        """
        token = new_secret()
        write_private(self._path, StoredToken(token_sha256=digest_of(token)))
        self._current()
        return token

    def verify(self, token: str) -> bool:
        """Say whether this is the token, in a time that tells nothing about it."""
        current = self._current()
        return hmac.compare_digest(digest_of(token), current) and current != _NO_HASH

    def generation(self) -> str:
        """Name the token in force without giving it away: sessions of another generation are over."""
        return self._current()[:16]

    def handle(self) -> str:
        """Name what is opened with the token in force, as a session's handle names what a browser opens."""
        return _HANDLE_PREFIX + self.generation()

    def is_replaced(self, handle: str) -> bool:
        """Say whether this handle names what was opened with a token that is no longer in force."""
        return handle.startswith(_HANDLE_PREFIX) and handle != self.handle()

    def _current(self) -> str:
        stamp = stamp_of(self._path)
        if stamp != self._stamp:
            stored = read_private(self._path, StoredToken)
            self._hash = stored.token_sha256 if stored is not None else _NO_HASH
            self._stamp = stamp
        return self._hash
