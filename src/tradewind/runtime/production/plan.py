"""What was decided once about a production set: its folder, its ports, its passwords; kept for its owner alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.errors import ConfigError
from tradewind.identity.files import read_private, write_private
from tradewind.kernel.ids import new_secret
from tradewind.runtime.lifecycle.places import Places

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE: Final = "plan.json"
PORTS: Final[Mapping[str, int]] = {
    "redis": 16_379,
    "mariadb": 13_306,
    "documents": 17_017,
    "ldap": 10_636,
    "smtp": 10_587,
    "prometheus": 19_090,
    "alertmanager": 19_093,
}
"""Beside the usual ones, where servers that Debian has started by itself may listen."""
_SECRETS: Final = ("redis", "mariadb", "documents", "ldap_reader", "smtp", "administrator", "person")
_OWNER_ONLY: Final = 0o700
HOST: Final = "127.0.0.1"
NAME: Final = "localhost"
"""As which servers with a certificate are called."""


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Ports and passwords by the names of `PORTS` and of what they open."""

    folder: str
    ports: dict[str, int]
    passwords: dict[str, str]

    @property
    def home(self) -> Path:
        """Return the folder of everything."""
        return Path(self.folder)

    @property
    def config(self) -> Path:
        """Return the settings of the services."""
        return self.home / "tradewind.toml"

    @property
    def authority(self) -> Path:
        """Return whom our services must trust."""
        return self.home / "tls" / "authority.pem"

    @property
    def certificate(self) -> Path:
        """Return the certificate of every server that has one."""
        return self.home / "tls" / "server.pem"

    @property
    def key(self) -> Path:
        """Return the certificate's private key."""
        return self.home / "tls" / "server.key"

    @property
    def places(self) -> Places:
        """Return where the servers' supervisor has its files."""
        return Places(str(self.home / "servers"))

    @property
    def server_socket(self) -> Path:
        """Return MariaDB's socket; beside the supervisor's, whose path is never too long."""
        return self.places.socket.with_name("mariadb.sock")

    def server(self, name: str) -> Path:
        """Return the folder of one server, made if it is not there."""
        folder = self.home / "servers" / name
        folder.mkdir(mode=_OWNER_ONLY, parents=True, exist_ok=True)
        return folder


def known_plan(folder: Path) -> Plan | None:
    """Return what was decided for this folder, `None` where nothing was. Raises: ConfigError: it cannot be read."""
    return read_private(folder / FILE, Plan)


def ensure_plan(folder: Path, ports: Mapping[str, int]) -> Plan:
    """Return the plan of a folder, decided now where there is none; `ports` differ from the usual ones.

    Raises: ConfigError: the folder cannot be written, or its ports were decided otherwise before.
    """
    found = known_plan(folder)
    if found is not None:
        if moved := [name for name, port in ports.items() if found.ports[name] != port]:
            message = (
                f"--port {moved[0]}={ports[moved[0]]}: {folder} was made with {found.ports[moved[0]]}; leave the "
                "option out, or choose another folder"
            )
            raise ConfigError(message)
        return found
    made = Plan(
        folder=str(folder), ports={**PORTS, **ports}, passwords={name: new_secret() for name in _SECRETS}
    )  # fmt: skip
    try:
        folder.mkdir(mode=_OWNER_ONLY, parents=True, exist_ok=True)
        folder.chmod(_OWNER_ONLY)
    except OSError as error:
        message = f"--folder {folder} cannot be made ({error.strerror}); choose a folder that is yours"
        raise ConfigError(message) from error
    write_private(folder / FILE, made)
    return made
