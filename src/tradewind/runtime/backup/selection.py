"""Which files belong to an installation's state, and where each goes when it is brought back.

Everything in the data folder does, but for what is made anew by itself, what is kept as tables or documents, and what
opens doors. So a room that begins to keep a file there has it in the next backup.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from tradewind.errors import ConfigError
from tradewind.kernel.settings import value_at
from tradewind.pretrade.files import REQUESTS_NAME
from tradewind.runtime.desk.presence import LOCK_NAME
from tradewind.stores.documents.sqlite import FILE_NAME as DOCUMENTS
from tradewind.stores.sql.engine import FILE_NAME as DATABASE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tradewind.runtime.backup.manifest import Kind
    from tradewind.runtime.settings import TradewindSettings

KEY_NAME: Final = "identity.key"
_MADE_ANEW: Final = frozenset({"run", "logs", "nginx", "replays", "backups", "ctp-flow", "locale"})
"""Folders: of processes, logs, what is written from the settings, CTP's own notes of what it has been sent."""
_OF_A_PROCESS: Final = frozenset({LOCK_NAME, REQUESTS_NAME})
"""Locks, and acts that somebody asked for: done since, or not to be done a second time."""
_LOCKS: Final = frozenset({"lock", ".lock"})
_HALF_WRITTEN: Final = (".new", ".part", ".tmp")
_NAMED: Final = ("market.contract_file", "market.rates_file", "market.options_file")
"""Settings that name a file of an operator's, which may lie anywhere."""


class Source(NamedTuple):
    """One file as it is now: its kind, its path below the folder of that kind, where it lies."""

    kind: Kind
    name: str
    path: Path


class Roots:
    """Where an installation keeps its files."""

    def __init__(self, settings: TradewindSettings) -> None:
        recording = settings.market.recording
        self.home = Path(settings.data_dir).absolute()
        self.recordings = Path(recording.folder).absolute() if recording.folder else None
        archive = recording.archive_folder or (f"{recording.folder}/archive" if recording.folder else "")
        self.archive = Path(archive).absolute() if archive else None
        self.backups = Path(settings.backup.folder or self.home / "backups").absolute()
        self.key = Path(settings.access.key_file or self.home / KEY_NAME).absolute()
        named = {path: value_at(settings, path) for path in _NAMED}
        self.named = {path: Path(file).absolute() for path, file in named.items() if file}
        self._apart = {each for each in (self.recordings, self.archive, self.backups) if each is not None}

    def small(self) -> Iterator[Source]:
        """Yield the files of the data folder, and those that settings name elsewhere."""
        for path in _files(self.home, self._is_apart):
            yield Source("file", path.relative_to(self.home).as_posix(), path)
        for name, path in self.named.items():
            if self.home not in path.parents and path.is_file():
                yield Source("named", name, path)

    def market(self) -> Iterator[Source]:
        """Yield recordings, then the archive: what is archived meanwhile is there twice and not at all never."""
        if self.recordings is not None and self.recordings.is_dir():
            for path in sorted(self.recordings.glob("*.twr")):
                yield Source("recording", path.name, path)
        if self.archive is not None:
            for path in _files(self.archive, lambda each: each.name in _LOCKS or each.name == ".making"):
                yield Source("archive", path.relative_to(self.archive).as_posix(), path)

    def target(self, kind: Kind, name: str) -> Path:
        """Return where a file is to be brought back to.

        Raises: ConfigError: the settings name no place for it.
        """
        if kind == "named" and name in self.named:
            return self.named[name]
        roots = {"file": self.home, "recording": self.recordings, "archive": self.archive}
        root = roots.get(kind)
        if kind == "secret":
            return self.key
        if root is None:
            setting = name if kind == "named" else "market.recording.folder"
            message = f"the backup holds {kind} {name}, for which the settings name no place; set {setting}"
            raise ConfigError(message)
        return root / name

    def in_the_way(self) -> Iterator[Path]:
        """Yield files that stand where a backup would be brought back to."""
        for source in (*self.small(), *self.market()):
            yield source.path

    def _is_apart(self, path: Path) -> bool:
        if path in self._apart or path == self.key:
            return True
        name = path.name
        if path.parent == self.home:
            is_kept_otherwise = name.startswith((DATABASE, DOCUMENTS))
            if name in _MADE_ANEW or name in _OF_A_PROCESS or is_kept_otherwise:
                return True
        return name in _LOCKS or (name.startswith(".") and name.endswith(_HALF_WRITTEN))


def _files(folder: Path, is_left_out: Callable[[Path], bool]) -> Iterator[Path]:
    """Yield the regular files below a folder, in order; links are not followed."""
    try:
        found = sorted(os.scandir(folder), key=lambda each: each.name)
    except OSError:
        return
    for entry in found:
        path = Path(entry.path)
        if is_left_out(path):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _files(path, is_left_out)
        elif entry.is_file(follow_symlinks=False):
            yield path
