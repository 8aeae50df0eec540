"""Whether somebody trades from a data folder now: shown by a lock that ends with the process, however it ends."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

LOCK_NAME: Final = "trading.lock"


class Presence:
    """The mark in one data folder."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / LOCK_NAME

    def show(self) -> None:
        """Show until this process ends that it trades from here.

        Raises: OSError: the file cannot be made.
        """
        self._file.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(handle, fcntl.LOCK_SH)

    def is_shown(self) -> bool:
        """Say whether a process trades from here: then it will see what is left in this folder."""
        try:
            handle = os.open(self._file, os.O_RDWR)
        except OSError:
            return False
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        else:
            return False
        finally:
            os.close(handle)
