"""Small secret files: readable by their owner only, replaced whole, never half written."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from tradewind.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

S = TypeVar("S")
_OWNER_ONLY: Final = 0o600


def write_private(path: Path, content: object, *, is_durable: bool = True) -> None:
    """Replace `path` by `content` as JSON, with mode 0600 from its first byte on.

    Without `is_durable` a power cut may lose the newest version (never tear it), and nobody waits for the disk.

    Raises: ConfigError: the folder cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.unlink(missing_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(content), indent=1))
            if is_durable:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        message = f"cannot write {path}: {error.strerror}; set data_dir to a folder this user may write"
        raise ConfigError(message) from error


def read_private(path: Path, form: type[S]) -> S | None:
    """Return what `path` holds, or `None` if there is no such file.

    Raises: ConfigError: it cannot be read, or holds something else.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=form)
    except FileNotFoundError:
        return None
    except OSError as error:
        message = f"cannot read {path}: {error.strerror}; it must belong to the user that runs Tradewind"
        raise ConfigError(message) from error
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        message = f"{path} is damaged ({error}); remove it and run `tradewind token new`"
        raise ConfigError(message) from error


def stamp_of(path: Path) -> tuple[int, int] | None:
    """Return what changes whenever `path` is replaced (its inode and time of writing); `None` without a file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns
