"""The programs a production set is made of: found on this machine, or named with the package that brings them."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path
from typing import Final

from tradewind.errors import ConfigError

PACKAGES: Final = {
    "redis-server": ("redis-server", "valkey-server"),
    "mariadb-server": ("mariadbd",),
    "slapd": ("slapd",),
    "nginx-light": ("nginx",),
    "prometheus": ("prometheus",),
    "prometheus-alertmanager": ("prometheus-alertmanager", "alertmanager"),
}
"""Debian package → the programs of which any one will do."""
MARIADB_MAKER: Final = ("mariadb-install-db", "mysql_install_db")
DOCUMENTS: Final = ("mongod", "secantusd-py")
"""MongoDB; else a server that speaks its protocol (SecantusDB, no part of ours)."""
_LIBRARIES: Final = ("aiosmtpd", "pymongo", "pymysql")
_PATH: Final = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))


def find(*names: str) -> str | None:
    """Return the path of the first of these programs that is here; also where only root's PATH leads, and beside us."""
    beside = (str(Path(sys.executable).with_name(name)) for name in names)
    found = (shutil.which(name, path=_PATH) for name in names)
    return next((path for path in (*found, *beside) if path and os.access(path, os.X_OK)), None)


def require_all() -> None:
    """See that everything is here before anything is made.

    Raises: ConfigError: names every package that is missing, and the one command that installs them.
    """
    if absent := [name for name in _LIBRARIES if importlib.util.find_spec(name) is None]:
        message = f"the production set needs {', '.join(absent)}; install them: pip install 'tradewind[production]'"
        raise ConfigError(message)
    missing = [package for package, names in PACKAGES.items() if find(*names) is None]
    if missing:
        message = (
            f"the production set needs programs that are not on this machine: {', '.join(missing)}; "
            f"install them (Debian: sudo apt-get install --no-install-recommends {' '.join(missing)})"
        )
        raise ConfigError(message)


def program_of(package: str) -> str:
    """Return the path of a package's program.

    Raises: ConfigError: it is not here; says what to install.
    """
    names = PACKAGES[package]
    found = find(*names)
    if found is None:
        message = f"{names[0]} is not on this machine; install it (Debian: sudo apt-get install {package})"
        raise ConfigError(message)
    return found


def as_root(*flags: str) -> tuple[str, ...]:
    """Return flags that a server wants only where root starts it."""
    return flags if os.geteuid() == 0 else ()
