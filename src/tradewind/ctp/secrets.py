"""The machine's keyring: where passwords may be kept that must not stand in any file of ours."""

from __future__ import annotations

import importlib
from typing import Final

from tradewind.errors import ConfigError

KEYRING: Final = "tradewind-ctp"
"""The service under which the keyring keeps our secrets."""
MARKET_NAME: Final = "market.password"
"""Whose entry it is for market fronts that ask for a password."""


def from_keyring(service: str, name: str) -> str | None:
    """Return an entry of the machine's keyring, `None` where there is no such entry, or no keyring.

    Raises: ConfigError: there is one that cannot be read.
    """
    try:
        keyring = importlib.import_module("keyring")
    except ImportError:
        return None
    try:
        secret: str | None = keyring.get_password(service, name)
    except keyring.errors.KeyringError as error:
        message = f"the keyring cannot be read ({error}); unlock it, or use the environment"
        raise ConfigError(message) from error
    return secret


def market_password(set_password: str, user_id: str) -> str:
    """Return the password for market fronts: the one that is set, else the keyring's; none where nobody signs in.

    Raises: ConfigError: the keyring cannot be read.
    """
    if set_password or not user_id:
        return set_password
    return from_keyring(KEYRING, MARKET_NAME) or ""
