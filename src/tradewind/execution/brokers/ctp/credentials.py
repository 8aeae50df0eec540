"""Where an account's password and authentication code come from: the environment, or the machine's keyring."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.ctp.secrets import KEYRING, from_keyring
from tradewind.errors import ConfigError
from tradewind.execution.brokers.ctp.settings import secret_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tradewind.execution.brokers.ctp.settings import CtpAccountSettings

_PASSWORD: Final = "password"  # noqa: S105 - the name of a field
_AUTH_CODE: Final = "auth_code"


class Secrets(msgspec.Struct, frozen=True):
    """What only the account's owner and its broker know; never shown."""

    password: str
    auth_code: str

    def __repr__(self) -> str:
        """Show nothing."""
        return "Secrets(***)"


def read_secrets(
    account: CtpAccountSettings,
    environ: Mapping[str, str],
    keyring: Callable[[str, str], str | None] | None = None,
) -> Secrets:
    """Return the secrets of an account; the environment wins over the keyring.

    Raises: ConfigError: the password is in neither.
    """
    ask = from_keyring if keyring is None else keyring

    def read(name: str) -> str:
        return environ.get(secret_name(account.id, name), "") or ask(KEYRING, f"{account.id}.{name}") or ""

    password = read(_PASSWORD)
    if not password:
        message = (
            f"account {account.id} has no password; set the variable {secret_name(account.id, _PASSWORD)}, or run "
            f"`keyring set {KEYRING} {account.id}.{_PASSWORD}` (pip install 'tradewind[keyring]')"
        )
        raise ConfigError(message)
    return Secrets(password, read(_AUTH_CODE) or account.place.auth_code)
