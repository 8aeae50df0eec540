"""The operator's pair of keys for licences: made once, the private half kept where only its owner reads it."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from tradewind.errors import ConfigError

_OWNER_ONLY: Final = 0o600
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def make_key(file: Path) -> str:
    """Make a pair, keep the private half in `file` (0600) and return the public half, 64 hex digits.

    Raises: ConfigError: the file is there already, or cannot be written.
    """
    key = Ed25519PrivateKey.generate()
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
        with os.fdopen(handle, "wb") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
    except FileExistsError as error:
        message = (
            f"{file} is there already: licences signed with another key would no longer be good; name another file"
        )
        raise ConfigError(message) from error
    except OSError as error:
        message = f"{file} cannot be written: {error.strerror}"
        raise ConfigError(message) from error
    return public_half(key)


def read_key(file: Path) -> Ed25519PrivateKey:
    """Return the private key of a file.

    Raises: ConfigError: it cannot be read, others may read it, or it is no such key.
    """
    try:
        if file.stat().st_mode & _OTHERS:
            message = f"{file} may be read by others than its owner; chmod 600 it, or make a new key if it was"
            raise ConfigError(message)
        key = load_pem_private_key(file.read_bytes(), password=None)
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror}"
        raise ConfigError(message) from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        message = f"{file} is no private key without a password, in PEM"
        raise ConfigError(message) from error
    if not isinstance(key, Ed25519PrivateKey):
        message = f"{file} holds a key of another kind; licences are signed with Ed25519"
        raise ConfigError(message)
    return key


def public_half(key: Ed25519PrivateKey) -> str:
    """Return the public half, 64 hex digits, as `module.licence_key` takes it."""
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
