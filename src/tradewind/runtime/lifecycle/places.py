"""Where the files of production mode lie: all below `data_dir`, readable by their owner alone."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path
from typing import Final

from tradewind.errors import ConfigError

_LONGEST_SOCKET: Final = 90
"""A unix socket's path has room for 107 bytes, and supervisord binds it under a longer name first."""


class Places:
    """The files of one installation."""

    def __init__(self, data_dir: str) -> None:
        home = Path(data_dir).absolute()
        self.run = home / "run"
        self.logs = home / "logs"
        self.gateway = home / "nginx"
        self.conf = self.run / "supervisord.conf"
        self.pid = self.run / "supervisord.pid"
        self.lock = self.run / "lock"
        self.socket = self._socket()

    @property
    def name(self) -> str:
        """Return what tells this installation from others on the machine."""
        return hashlib.sha256(str(self.run).encode()).hexdigest()[:8]

    def settings(self, service: str) -> Path:
        """Return the settings that a service was started with."""
        return self.run / f"{service}.toml"

    def log(self, service: str) -> Path:
        """Return the newest log file of a service."""
        return self.logs / f"{service}.log"

    def make(self) -> None:
        """Make the folders.

        Raises: ConfigError: they cannot be made, or belong to somebody else.
        """
        for folder in (self.run, self.logs, self.socket.parent):
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                found = folder.stat()
            except OSError as error:
                message = f"data_dir: cannot make {folder} ({error.strerror}); choose a folder that is yours"
                raise ConfigError(message) from error
            if found.st_uid != os.getuid():
                message = (
                    f"data_dir: {folder} belongs to another user (id {found.st_uid}); choose a folder that is yours"
                )
                raise ConfigError(message)
            if stat.S_IMODE(found.st_mode) & 0o077:
                folder.chmod(0o700)

    def _socket(self) -> Path:
        near = self.run / "supervisor.sock"
        if len(os.fsencode(near)) <= _LONGEST_SOCKET:
            return near
        return Path(tempfile.gettempdir()) / f"tradewind-{os.getuid()}-{self.name}" / "supervisor.sock"


def write_private(path: Path, text: str) -> None:
    """Replace a file by one that only its owner may read.

    Raises: ConfigError: it cannot be written.
    """
    fresh = path.with_suffix(".new")
    try:
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        fresh.replace(path)
    except OSError as error:
        message = f"data_dir: cannot write {path} ({error.strerror})"
        raise ConfigError(message) from error
