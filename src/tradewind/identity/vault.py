"""Seals what must be read again and may not lie open in the store: AES-256-GCM under a key that lies beside it.

A copy of the database alone gives nothing away; the key file is 0600 and belongs to whoever runs the platform.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.errors import ConfigError
from tradewind.identity.files import read_private, write_private
from tradewind.kernel.ids import new_bytes

if TYPE_CHECKING:
    from pathlib import Path

_NONCE: Final = 12
_KEY: Final = 32


class _KeyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    key: bytes


class Vault:
    """Seals and opens texts under the key in `path`, which is made when it is missing and something is sealed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._key: bytes | None = None

    def seal(self, plain: bytes, *, about: str) -> str:
        """Return a text that only this key opens again, and only for the same `about`.

        Raises: ConfigError: the key file cannot be read or made.
        """
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - heavy, only for who needs it

        nonce = new_bytes(_NONCE)
        sealed = AESGCM(self._current(may_make=True)).encrypt(nonce, plain, about.encode())
        return base64.b64encode(nonce + sealed).decode()

    def open(self, sealed: str, *, about: str) -> bytes:
        """Return what was sealed.

        Raises: ConfigError: another key sealed it, it was changed, or the key file is gone.
        """
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - as above
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - as above

        raw = base64.b64decode(sealed)
        try:
            return AESGCM(self._current(may_make=False)).decrypt(raw[:_NONCE], raw[_NONCE:], about.encode())
        except InvalidTag as error:
            message = (
                f"{self._path} is not the key that sealed this second factor; bring the right one back "
                "(access.key_file), or take the factor off with `tradewind user password NAME --no-totp`"
            )
            raise ConfigError(message) from error

    def _current(self, *, may_make: bool) -> bytes:
        if self._key is None:
            found = read_private(self._path, _KeyFile)
            if found is None:
                if not may_make:
                    message = f"the key file {self._path} is gone; second factors cannot be read without it"
                    raise ConfigError(message)
                found = _KeyFile(new_bytes(_KEY))
                write_private(self._path, found)
            if len(found.key) != _KEY:
                message = f"{self._path} is damaged: a key has {_KEY} bytes, this has {len(found.key)}"
                raise ConfigError(message)
            self._key = found.key
        return self._key
