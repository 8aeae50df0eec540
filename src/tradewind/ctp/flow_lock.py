"""The lock on a folder of the library's own files: two connections on the same files spoil both."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING, Final

from tradewind.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

_FILE: Final = "in-use"


def hold(flow_dir: Path) -> int:
    """Keep every other process out of the folder, which is made when it is missing; closing what is returned lets go.

    Raises:
        InputError: somebody is in it.
        OSError: it cannot be made.
    """
    flow_dir.mkdir(parents=True, exist_ok=True)
    held = os.open(flow_dir / _FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        message = f"another process uses {flow_dir}; two connections need a folder each"
        raise InputError(message) from None
    return held


def is_held(flow_dir: Path) -> bool:
    """Tell whether somebody is in the folder, or may be, where we must not look; makes nothing."""
    try:
        seen = os.open(flow_dir / _FILE, os.O_RDONLY | os.O_CLOEXEC)
    except PermissionError:
        return True
    except OSError:
        return False
    try:
        fcntl.flock(seen, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(seen)
    return False
