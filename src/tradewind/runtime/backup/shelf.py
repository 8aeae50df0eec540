"""The folder that holds the backups: which are there, room for a new one, the oldest taken away."""

from __future__ import annotations

import fcntl
import re
import shutil
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from tradewind.errors import InputError, StateConflictError, StoreError
from tradewind.runtime.backup.manifest import MANIFEST_NAME, Manifest, read_manifest
from tradewind.runtime.backup.parts import make_folder
from tradewind.stores.ticks.manifest import sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NAME: Final = re.compile(r"\d{8}T\d{6}\.\d{3}Z")
_MAKING: Final = ".making-"
_LOCK: Final = ".lock"


def name_of(began_ns: int) -> str:
    """Return what a backup is called that was begun then: `20260102T030405.678Z`."""
    ms = began_ns // 1_000_000
    return f"{datetime.fromtimestamp(ms // 1_000, UTC):%Y%m%dT%H%M%S}.{ms % 1_000:03d}Z"


class Shelf:
    """The backups in one folder, each in a folder that is called after the moment it was begun."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> list[str]:
        """Return what there is, the oldest first. Raises: StoreError: the folder cannot be listed."""
        try:
            found = [path.name for path in self.folder.iterdir() if _NAME.fullmatch(path.name)]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise _cannot(self.folder, "listed", error) from error
        return sorted(found)

    def all(self) -> Iterator[tuple[str, Manifest | str]]:
        """Yield each backup, or why it cannot be read."""
        for name in self.names():
            try:
                yield name, read_manifest(self.folder / name)
            except InputError as error:
                yield name, str(error)

    def newest(self) -> Manifest | None:
        """Return the newest that can be read."""
        found = [manifest for _, manifest in self.all() if isinstance(manifest, Manifest)]
        return found[-1] if found else None

    def find(self, text: str) -> Path:
        """Return the folder of a backup: `text` is its name here, `newest`, or a path.

        Raises: InputError: there is none.
        """
        names = self.names()
        if text == "newest" and names:
            return self.folder / names[-1]
        if text in names:
            return self.folder / text
        path = self.folder / text  # an absolute one stays what it is
        if "/" in text and (path / MANIFEST_NAME).is_file():
            return path
        message = f"there is no backup {text!r} in {self.folder}; allowed: newest, {', '.join(names[-3:]) or 'a path'}"
        raise InputError(message)

    @contextmanager
    def room_for(self, name: str) -> Iterator[Path]:
        """Give an empty folder that takes its place under `name` when all went well, and is gone when not.

        Raises:
            StateConflictError: another backup is being made here.
            StoreError: the disk refuses.
        """
        try:
            make_folder(self.folder)
            with (self.folder / _LOCK).open("wb") as lock:
                _hold(lock.fileno(), self.folder)
                self._clear()
                making = self.folder / f"{_MAKING}{name}"
                make_folder(making)
                try:
                    yield making
                    making.rename(self.folder / name)
                    sync_folder(self.folder)
                finally:
                    shutil.rmtree(making, ignore_errors=True)
        except OSError as error:
            raise _cannot(self.folder, "written", error) from error

    def thin_out(self, keep: int) -> list[str]:
        """Remove the oldest beyond `keep` (0: none); return which. Raises: StoreError: one cannot be removed."""
        gone = self.names()[:-keep] if keep else []
        for name in gone:
            try:
                # First its manifest: half a backup is none.
                (self.folder / name / MANIFEST_NAME).unlink(missing_ok=True)
                shutil.rmtree(self.folder / name)
            except OSError as error:
                raise _cannot(self.folder / name, "removed", error) from error
        return gone

    def _clear(self) -> None:
        """Remove what a backup that was killed has left."""
        for path in self.folder.glob(f"{_MAKING}*"):
            shutil.rmtree(path, ignore_errors=True)


def _hold(handle: int, folder: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        message = f"another backup is being made in {folder}; wait until it is done"
        raise StateConflictError(message) from error


def _cannot(folder: Path, what: str, error: OSError) -> StoreError:
    where = error.filename or folder
    return StoreError(f"{where} cannot be {what} ({error.strerror}); make room, or set backup.folder to another place")
