"""The files of a module, where the scripts of system 002 had them, and the hash by which its server knows it."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final

import msgspec

from tradewind.collector.protocol_reading import shown
from tradewind.collector.protocol_registration import is_hash
from tradewind.errors import ConfigError

_SECRET_MODE: Final = 0o600
_FOLDER_MODE: Final = 0o700


class Places(msgspec.Struct, frozen=True):
    """Names of files and folders below one home; nothing is made before it is needed."""

    home: Path

    @property
    def hash_file(self) -> Path:
        """Holds the module's hash, which is a secret: who has it may speak for the module."""
        return self.home / "config" / "module_hash.txt"

    @property
    def licence(self) -> Path:
        """Holds the licence."""
        return self.home / "config" / "licence.json"

    @property
    def env_files(self) -> tuple[Path, Path]:
        """Where variables of the environment may stand; the later wins."""
        return self.home / ".env", self.home / "config" / ".env"

    @property
    def example(self) -> Path:
        """An example of such a file."""
        return self.home / "config" / ".env.example"

    @property
    def logs(self) -> Path:
        """Folder of the logs."""
        return self.home / "logs"

    @property
    def log(self) -> Path:
        """What a module in the background writes."""
        return self.logs / "module.log"

    @property
    def last_words(self) -> Path:
        """What Python itself wrote when a module in the background ended otherwise than by plan."""
        return self.logs / "module.err"

    @property
    def journal(self) -> Path:
        """Every execution and its result."""
        return self.home / "state" / "executions.db"

    @property
    def pid(self) -> Path:
        """Who runs; the file is locked as long as somebody does."""
        return self.home / "state" / "module.pid"

    @property
    def status(self) -> Path:
        """How the module was when it last looked."""
        return self.home / "state" / "status.json"

    def make(self) -> None:
        """Make the folders.

        Raises: ConfigError: they cannot be made.
        """
        for folder in (self.hash_file.parent, self.logs, self.journal.parent):
            try:
                folder.mkdir(parents=True, exist_ok=True, mode=_FOLDER_MODE)
            except OSError as error:
                message = f"the module's folder {folder} cannot be made: {error.strerror}; look at module.home"
                raise ConfigError(message) from error

    def read_hash(self) -> str:
        """Return the module's hash.

        Raises: ConfigError: there is none, or what is there is none.
        """
        try:
            found = self.hash_file.read_text(encoding="utf-8").strip()
        except FileNotFoundError as error:
            message = f"this module is not registered: there is no {self.hash_file}; run `tradewind module register`"
            raise ConfigError(message) from error
        except (OSError, UnicodeDecodeError) as error:
            message = f"{self.hash_file} cannot be read: {error}"
            raise ConfigError(message) from error
        if not is_hash(found):
            message = f"{self.hash_file} holds no module hash; run `tradewind module register --again`"
            raise ConfigError(message)
        return found

    def write_hash(self, module_hash: str) -> None:
        """Keep the hash, readable by its owner alone, whole or not at all.

        Raises: ConfigError: it cannot be written.
        """
        self.make()
        write_whole(self.hash_file, f"{module_hash}\n", mode=_SECRET_MODE)


def write_whole(file: Path, text: str, *, mode: int = 0o644, is_durable: bool = True) -> None:
    """Write a file so that nobody ever sees half of it; waits for the disk unless it need not last.

    Raises: ConfigError: it cannot be written.
    """
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        fresh.unlink(missing_ok=True)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            if is_durable:
                os.fsync(stream.fileno())
        fresh.replace(file)
    except OSError as error:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)
        message = f"{shown(str(file))} cannot be written: {error.strerror}"
        raise ConfigError(message) from error
