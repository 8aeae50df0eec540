"""Strategy files in a watched folder: what has come, changed or gone, and how a file becomes strategies.

Code in that folder runs as Tradewind. It is therefore refused unless the folder and the file belong to the user who
runs Tradewind and nobody else may write there.
"""

from __future__ import annotations

import os
import stat
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tradewind.errors import StrategyError
from tradewind.strategies.registry import StrategySpec, specs_of_module, where

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradewind.strategies.settings import ParamValue

Stamp = tuple[int, int, int]
"""(mtime in ns, size, inode): changes when a file does."""


class FolderChanges(msgspec.Struct, frozen=True):
    """What is different since the last look."""

    changed: tuple[Path, ...]
    """New or changed, by name."""
    gone: tuple[Path, ...]


def check_ownership(path: Path) -> None:
    """Refuse what another user could have written.

    Raises: StrategyError: `path` is not there, belongs to somebody else, or others may write to it.
    """
    try:
        facts = path.stat()
    except OSError as error:
        message = f"strategy folder or file {path} cannot be read: {error.strerror}"
        raise StrategyError(message) from error
    if facts.st_uid != os.geteuid():
        message = f"{path} belongs to user {facts.st_uid}; it must belong to {os.geteuid()}, who runs Tradewind"
        raise StrategyError(message)
    if facts.st_mode & (stat.S_IWOTH | stat.S_IWGRP):
        mode = stat.S_IMODE(facts.st_mode)
        message = f"{path} may be written by others (mode {mode:o}); do: chmod go-w {path}"
        raise StrategyError(message)


class StrategyFolder:
    """Remembers what the folder held at the last look."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._seen: dict[Path, Stamp] = {}

    def look(self) -> FolderChanges:
        """Return what has changed since the last look; names beginning with `_` or `.` are passed over.

        Raises: StrategyError: the folder is absent, foreign, or writable by others.
        """
        check_ownership(self.folder)
        if not self.folder.is_dir():
            message = f"strategies.folder must be a folder, {self.folder} is a file"
            raise StrategyError(message)
        now = {path: _stamp(path) for path in sorted(self.folder.glob("[!_.]*.py")) if path.is_file()}
        changed = tuple(path for path, stamp in now.items() if self._seen.get(path) != stamp)
        gone = tuple(path for path in self._seen if path not in now)
        self._seen = now
        return FolderChanges(changed, gone)


def load_file(path: Path, params: Mapping[str, Mapping[str, ParamValue]]) -> list[StrategySpec]:
    """Run a strategy file and return the strategies that it defines.

    The file is compiled from its text, never from a cached `.pyc`: two saves within one second are two versions.

    Raises:
        StrategyError: not ours, unreadable, raised while it ran, or defines no strategy; says file, line and cause.
        ConfigError: the configured parameters do not fit.
    """
    check_ownership(path)
    name = f"tradewind_strategy_{path.stem}"
    spec = spec_from_file_location(name, path)
    if spec is None:
        message = f"{path} is no Python file"
        raise StrategyError(message)
    module = module_from_spec(spec)
    before = sys.modules.get(name)
    sys.modules[name] = module  # msgspec looks annotations up there.
    try:
        exec(compile(path.read_bytes(), str(path), "exec"), module.__dict__)  # noqa: S102 - running the operator's own file is what this is for
        return specs_of_module(module, stem=path.stem, source=str(path), params=params)
    except BaseException as error:
        if before is None:
            del sys.modules[name]
        else:
            sys.modules[name] = before
        if isinstance(error, StrategyError) or not isinstance(error, (Exception, SystemExit)):
            raise
        message = f"{path} could not be loaded: {where(error)}"
        raise StrategyError(message) from error


def _stamp(path: Path) -> Stamp:
    facts = path.stat()
    return facts.st_mtime_ns, facts.st_size, facts.st_ino
