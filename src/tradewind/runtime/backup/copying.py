"""Files on their way into a backup: copied as far as they are whole, or shared with the backup before."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from tradewind.errors import ReplayFileError
from tradewind.market.recording_frames import scan
from tradewind.runtime.backup.manifest import Part
from tradewind.runtime.backup.parts import copy, make_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tradewind.runtime.backup.manifest import Kind
    from tradewind.runtime.backup.selection import Source

FOLDERS: Final[dict[Kind, str]] = {
    "file": "files",
    "recording": "recordings",
    "archive": "archive",
    "named": "named",
    "secret": "secrets",
}
"""Where files of each kind lie in a backup."""
_MODE: Final = 0o777


def place_of(source: Source) -> str:
    """Return a file's path in a backup."""
    return f"{FOLDERS[source.kind]}/{source.name}"


def copied(source: Source, room: Path) -> Iterator[Part]:
    """Copy a file; nothing where it is gone since it was listed.

    Raises: OSError: it cannot be read, or the disk of the backup refuses.
    """
    path = place_of(source)
    try:
        found = source.path.stat()
        written = copy(source.path, room / path, until=_whole_records(source))
    except FileNotFoundError:
        return
    yield Part(
        path=path,
        kind=source.kind,
        bytes=written.bytes,
        sha256=written.sha256,
        digest=written.sha256,
        mode=found.st_mode & _MODE,
        mtime_ns=found.st_mtime_ns,
    )


def shared(source: Source, part: Part | None, old: Path, room: Path) -> bool:
    """Have a file that has not changed since the backup in `old` in both; false where it is to be copied."""
    if part is None:
        return False
    target = room / part.path
    make_folder(target.parent)
    with suppress(OSError):
        found = source.path.stat()
        if (found.st_size, found.st_mtime_ns) == (part.bytes, part.mtime_ns):
            os.link(old / part.path, target)
            return True
    return False


def _whole_records(source: Source) -> int | None:
    """Return how much of a recording is whole records: more is being written, or a crash tore it."""
    if source.kind != "recording":
        return None
    with suppress(ReplayFileError):
        _header, frames, _torn = scan(source.path)
        return frames[-1].end
    return None  # taken as it is: `tradewind data check` says what is wrong with it
