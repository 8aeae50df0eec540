"""Brings a backup back into an empty place: all of it checked first, all of it read again afterwards.

Until a person has looked at it the restored place does not trade: what was ordered since the backup only the broker
knows. The mark of that is the stop file, and it is the first thing that is written.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import SQLAlchemyError

from tradewind.errors import ConfigError, InputError, StateConflictError, StoreError, TradewindError
from tradewind.kernel.clock import SystemClock
from tradewind.pretrade.files import STOP_NAME, HaltFiles, StopOrder
from tradewind.runtime.backup.documents import document_copies, make_collections
from tradewind.runtime.backup.manifest import Manifest, Part, read_manifest, state_of
from tradewind.runtime.backup.parts import copy, hash_of, unpack, whole_lines
from tradewind.runtime.backup.selection import Roots
from tradewind.runtime.backup.verifying import findings
from tradewind.stores.sql import schema
from tradewind.stores.sql.dumping import one_moment, rows_digest
from tradewind.stores.sql.loading import load_table, tables_in_the_way, take_tables_back
from tradewind.stores.sql.store import SqlStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.runtime.settings import TradewindSettings
    from tradewind.stores.documents.copies import DocumentCopies
    from tradewind.stores.documents.ports import Collection

_SHOWN: Final = 3
_PRIVATE: Final = 0o600
_MODE: Final = 0o777


class Restorer:
    """One backup on its way into one place."""

    def __init__(
        self, folder: Path, settings: TradewindSettings, *, on_part: Callable[[Part], None] = lambda _part: None
    ) -> None:
        """Read what the backup says of itself; `on_part` hears of each file as it is checked.

        Raises: InputError: it is none, or a newer program's.
        """
        self.manifest: Manifest = read_manifest(folder)
        self._folder = folder
        self._settings = settings
        self._on_part = on_part
        self._roots = Roots(settings)
        self._copies = document_copies(settings)
        self._opened: SqlStore | None = None
        self._files = [part for part in self.manifest.parts if part.kind not in {"table", "documents", "settings"}]
        self._made: list[Path] = []

    def restore(self, *, seal: str = "", stays_halted: bool = True) -> str:
        """Do it; return the state hash of what is there then, which is the backup's.

        With a `seal` only the backup that has it is restored.

        Raises:
            InputError: the backup is not as it was written, or a newer program made it.
            StateConflictError: the place is not empty; nothing was touched.
            ConfigError: the settings name no place for a part of it; nothing was touched.
            StoreError: a store or a disk refuses; what was written was taken back.
        """
        try:
            self._check_backup(seal)
            self._check_place()
            try:
                self._write()
                state = self._state()
                if state != self.manifest.state:
                    message = f"what was restored has the state hash {state}, the backup {self.manifest.state}"
                    raise StoreError(message)
                schema.upgrade(self._store.engine)
                self._end_halt(stays_halted=stays_halted)
            except (OSError, TradewindError, SQLAlchemyError) as error:
                message = f"the backup could not be restored ({error}); {self._take_back()}"
                raise StoreError(message) from error
            return state
        finally:
            if self._opened is not None:
                self._opened.close()

    @property
    def _store(self) -> SqlStore:
        # Naming it makes its folder: not before the backup was found whole.
        if self._opened is None:
            self._opened = SqlStore(self._settings.store, Path(self._settings.data_dir))
        return self._opened

    def _check_backup(self, seal: str) -> None:
        if seal and seal != self.manifest.seal:
            message = f"{self._folder} has the seal {self.manifest.seal}, wanted was {seal}: it is another backup"
            raise InputError(message)
        if self.manifest.tables not in schema.REVISIONS:
            message = (
                f"{self._folder} was made by a newer program ({self.manifest.program}): its tables are at version "
                f"{self.manifest.tables}, this program knows up to {schema.HEAD}; use the newer program"
            )
            raise InputError(message)
        wrong = list(findings(self._folder, self.manifest, on_part=self._on_part))
        if wrong:
            told = "; ".join(f"{each.path} {each.problem}" for each in wrong[:_SHOWN])
            more = f" and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
            message = f"{self._folder} is not as it was written: {told}{more}; take another backup"
            raise InputError(message)
        there = {part.kind for part in self.manifest.parts}
        if "documents" in there and self._copies.kind != self.manifest.documents:
            message = f"the documents of this backup are {self.manifest.documents}'s, those of this place "
            raise ConfigError(message + f"{self._copies.kind}'s; correct documents.url")

    def _check_place(self) -> None:
        for part in self._files:
            self._roots.target(part.kind, part.name)
        there: list[str] = [str(path) for path in self._roots.in_the_way()]
        if any(part.kind == "secret" for part in self._files) and self._roots.key.exists():
            there.append(str(self._roots.key))
        there += [f"table {name} of {self._store.shown}" for name in tables_in_the_way(self._store)]
        there += [f"documents of {name}" for name in self._copies.collections()]
        if there:
            more = f" and {len(there) - _SHOWN} more" if len(there) > _SHOWN else ""
            message = (
                f"a backup is restored into an empty place only, here is {', '.join(there[:_SHOWN])}{more}; choose "
                "another data_dir, database and recording folder, or move away what is there"
            )
            raise StateConflictError(message)

    def _write(self) -> None:
        halt = HaltFiles(self._roots.home)
        halt.press(StopOrder("restore", f"backup {self.manifest.name} is being restored", SystemClock().now_ns()))
        self._made.append(halt.stop_file)
        for part in self._files:
            if part.kind != "file" or part.name != STOP_NAME:
                self._bring(part, self._roots.target(part.kind, part.name))
        self._write_documents()
        schema.upgrade(self._store.engine, self.manifest.tables)
        for part in self.manifest.parts:
            if part.form is not None:
                load_table(self._store, part.form, whole_lines(unpack(self._folder / part.path)))

    def _bring(self, part: Part, target: Path) -> None:
        self._made.append(target)
        copy(self._folder / part.path, target, mode=_PRIVATE if part.kind == "secret" else part.mode & _MODE)
        os.utime(target, ns=(part.mtime_ns, part.mtime_ns))

    def _write_documents(self) -> None:
        parts = [part for part in self.manifest.parts if part.kind == "documents"]
        if parts:
            make_collections(self._settings)
        for part in parts:
            self._copies.write(_collection(part), unpack(self._folder / part.path))

    def _state(self) -> str:
        """Read back everything that was written."""
        told: dict[str, str] = {}
        for part in self._files:
            if part.kind != "secret":
                is_stop = part.kind == "file" and part.name == STOP_NAME
                place = self._folder / part.path if is_stop else self._roots.target(part.kind, part.name)
                told[part.path] = hash_of(place).sha256
        with one_moment(self._store) as connection:
            for part in self.manifest.parts:
                if part.form is not None:
                    told[part.path] = rows_digest(connection, part.form)
        for part in self.manifest.parts:
            if part.kind == "documents":
                told[part.path] = _digest(self._copies, _collection(part))
        return state_of(told.items())

    def _end_halt(self, *, stays_halted: bool) -> None:
        """Let the stop file be what is wanted in the end: the backup's own where it had one."""
        halt = HaltFiles(self._roots.home)
        own = next((part for part in self._files if part.kind == "file" and part.name == STOP_NAME), None)
        if own is not None:
            halt.stop_file.unlink()
            self._bring(own, halt.stop_file)
        elif stays_halted:
            reason = f"restored from backup {self.manifest.name}: compare with the broker, then lift the stop"
            halt.press(StopOrder("restore", reason, SystemClock().now_ns()))
        else:
            halt.lift()

    def _take_back(self) -> str:
        """Remove what was written, the stop file last; say how far that went."""
        try:
            for collection in self._copies.collections():
                self._copies.clear(collection)
            take_tables_back(self._store)
            for path in reversed(self._made):
                with suppress(FileNotFoundError, NotADirectoryError):
                    path.unlink()
        except (OSError, TradewindError, SQLAlchemyError) as error:
            return f"not all that was written could be taken back ({error}): empty the place before you try again"
        return "what was written was taken back"


def _digest(copies: DocumentCopies, collection: Collection) -> str:
    sha = hashlib.sha256()
    for documents in copies.read(collection):
        sha.update(documents.content)
    return sha.hexdigest()


def _collection(part: Part) -> Collection:
    name: Collection = part.name.partition(".")[0]  # type: ignore[assignment]  # the manifest is sealed
    return name
