"""What an archived recording says of itself: written when all its files are in place, so what it names is whole."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.errors import ReplayFileError

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA_VERSION: Final = 1
"""Of the columns of ticks and bars: raised when one changes its meaning; new ones at the end do not raise it."""


class Loss(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Ticks that came and could not be kept, as the recorder noted when it could write again; times in ns UTC."""

    ticks: int
    from_ns: int
    until_ns: int


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One instrument's file; receive times in ns UTC."""

    instrument_id: str
    ticks: int
    bytes: int
    sha256: str
    first_ns: int
    last_ns: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One recording of one trading day."""

    version: int = SCHEMA_VERSION
    trading_day: int
    recording: str
    source: str
    origin: str
    """Name of the file it was made of."""
    origin_bytes: int
    """How much of that file is in here: where it has grown since, the day is made again."""
    origin_head: str
    """SHA-256 of the first `origin_head_bytes` of that file: another file of the same name is another recording."""
    origin_head_bytes: int
    ticks: int
    left_out: int
    """Ticks that no column can hold, such as a volume beyond 64 bits."""
    parts: tuple[Part, ...]
    losses: tuple[Loss, ...] = ()

    @property
    def bytes(self) -> int:
        """Return how much the files of the ticks take."""
        return sum(part.bytes for part in self.parts)


def read_manifest(path: Path) -> Manifest:
    """Read a recording's manifest.

    Raises: ReplayFileError: it is missing, unreadable, or of a newer version.
    """
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror}); allowed is the manifest of an archived day"
        raise ReplayFileError(message) from error
    except msgspec.MsgspecError as error:
        message = f"{path}: no manifest of an archived day ({error}); `tradewind data repair` makes it anew"
        raise ReplayFileError(message) from error
    if found.version != SCHEMA_VERSION:
        message = f"{path}: archived with schema {found.version}; this program reads schema {SCHEMA_VERSION}"
        raise ReplayFileError(message)
    return found


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all, through a power cut too.

    Raises: OSError: the disk refused.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    with beside.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    beside.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make names in a folder last through a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
