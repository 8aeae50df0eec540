"""The secrets of a compose project, made at random: passwords for its servers, certificates they show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.errors import ConfigError
from tradewind.kernel.ids import new_secret
from tradewind.runtime.deploying.units import SECRETS
from tradewind.runtime.lifecycle.places import write_private
from tradewind.runtime.production.certificates import make_certificates

if TYPE_CHECKING:
    from pathlib import Path

_FILE: Final = ".env"
_NAMES: Final = ("ldap", "mail", "localhost")


def make_secrets(folder: Path) -> Path:
    """Write `.env` (0600) and tls/ into the folder of the compose file; return where the first is.

    Raises: ConfigError: there are secrets already, which servers that were started once will want to see again.
    """
    file = folder / _FILE
    if file.exists():
        message = f"{file} is there already, and servers were made with what it says; remove it to begin anew"
        raise ConfigError(message)
    make_certificates(folder / "tls", _NAMES)
    made = {name: new_secret() for name in (*SECRETS, "MONGO_PASSWORD", "MARIADB_ROOT_PASSWORD")}
    address = f"mongodb://tradewind:{made['MONGO_PASSWORD']}@documents:27017/?authSource=admin&directConnection=true"
    made["TRADEWIND_DOCUMENTS__URL"] = address
    write_private(file, "".join(f"{name}={value}\n" for name, value in made.items()))
    return file
