"""What waits on disk for a store that is away: records in the order they came, in files that are only ever added to.

A record is its length, a checksum and its bytes; it is on disk before `append` returns. A crash in the middle of one
leaves an end that does not check, which is cut off: nobody was told that it was taken. What has been handed on is
noted in a file beside, after the store has it: a crash in between hands it on once more, which the store does not mind.
"""

from __future__ import annotations

import fcntl
import os
import struct
import zlib
from typing import TYPE_CHECKING, Final

from tradewind.errors import SpoolFullError
from tradewind.kernel.log import get_log

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LOG = get_log("stores.spool")
_HEAD: Final = struct.Struct("<II")
_SEGMENT_BYTES: Final = 4 << 20
_SUFFIX: Final = ".spool"
_MARK: Final = "done"


_LOCK: Final = "lock"
_MOST_PLACES: Final = 16


class Spool:
    """A bounded line of records in a folder of its own; one process at a time, see `in_free_place`."""

    def __init__(self, folder: Path, *, max_bytes: int, segment_bytes: int = _SEGMENT_BYTES) -> None:
        """Find what an earlier life has left.

        Raises: SpoolFullError: the folder cannot be used.
        """
        self._folder = folder
        self._lock: int | None = None
        self._max_bytes = max_bytes
        self._segment_bytes = min(segment_bytes, max(max_bytes // 4, _HEAD.size + 1))
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._segments = self._found()
            self._first, self._offset = self._read_mark()
            self._drop_done()
            self.waiting = sum(1 for _ in self._records())
        except OSError as error:
            raise _no_room(folder, error) from error

    @classmethod
    def in_free_place(cls, folder: Path, *, max_bytes: int) -> Spool:
        """Return a spool in `folder` or, where another process uses it, in one beside it, until it is closed.

        What a process has left in one of them is found by the next that comes when it is free.

        Raises: SpoolFullError: the folder cannot be used, or too many use those beside it.
        """
        free = _free_places(folder)
        if not free:
            message = f"{folder} and the {_MOST_PLACES - 1} beside it are all in use; one process each, end some"
            raise SpoolFullError(message)
        chosen = next((each for each in free if any(each[0].glob(f"*{_SUFFIX}"))), free[0])
        for each in free:
            if each != chosen:
                os.close(each[1])
        spool = cls(chosen[0], max_bytes=max_bytes)
        spool._lock = chosen[1]
        return spool

    def close(self) -> None:
        """Leave the folder to others."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @property
    def bytes_waiting(self) -> int:
        """Return how much of the room on disk is used."""
        return sum(self._segments.values())

    def append(self, record: bytes) -> None:
        """Put a record at the end; it survives a crash from here on.

        Raises: SpoolFullError: there is no room for it, or the disk takes no more; nothing of it is kept.
        """
        framed = _HEAD.pack(len(record), zlib.crc32(record)) + record
        if self.bytes_waiting + len(framed) > self._max_bytes:
            message = (
                f"{self.bytes_waiting} of {self._max_bytes} bytes wait in {self._folder} for the store of documents; "
                "bring the store back, or raise documents.spool_bytes"
            )
            raise SpoolFullError(message)
        number = max(self._segments, default=self._first - 1)
        if number < self._first or self._segments[number] + len(framed) > self._segment_bytes:
            number += 1
            self._segments[number] = 0
        self._write(number, framed)
        self.waiting += 1

    def first(self) -> bytes | None:
        """Return the oldest record, or `None` if none waits."""
        return next(self._records(), None)

    def drop_first(self, record: bytes) -> None:
        """Forget the oldest record, which `first` has returned and somebody else now keeps.

        Raises: SpoolFullError: the disk does not let us note that; the record will be handed on once more.
        """
        self._offset += _HEAD.size + len(record)
        self.waiting -= 1
        try:
            if self._offset >= self._segments.get(self._first, 0) and self._first < max(self._segments, default=0):
                self._first, self._offset = self._first + 1, 0
            elif not self.waiting:
                self._first, self._offset = max(self._segments) + 1, 0
            self._write_mark()
            self._drop_done()
        except OSError as error:
            raise _no_room(self._folder, error) from error

    def _records(self) -> Iterator[bytes]:
        for number in sorted(self._segments):
            content = self._path(number).read_bytes()
            at = self._offset if number == self._first else 0
            while (record := _record_at(content, at)) is not None:
                yield record
                at += _HEAD.size + len(record)

    def _write(self, number: int, framed: bytes) -> None:
        path, size = self._path(number), self._segments[number]
        is_new = not path.exists()
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                _write_all(file, framed, size)
                os.fsync(file)
            except OSError:
                os.ftruncate(file, size)
                raise
            finally:
                os.close(file)
            if is_new:
                self._sync_folder()
        except OSError as error:
            raise _no_room(self._folder, error) from error
        self._segments[number] = size + len(framed)

    def _found(self) -> dict[int, int]:
        """Return the files there are with their good lengths; a torn end is cut off."""
        found = {}
        for path in sorted(self._folder.glob(f"*{_SUFFIX}")):
            if not path.stem.isdigit():
                continue
            content, at = path.read_bytes(), 0
            while (record := _record_at(content, at)) is not None:
                at += _HEAD.size + len(record)
            if at < len(content):
                _LOG.warning("spool_end_cut_off", file=str(path), bytes=len(content) - at)
                os.truncate(path, at)
            found[int(path.stem)] = at
        return found

    def _read_mark(self) -> tuple[int, int]:
        try:
            first, offset = (int(part) for part in (self._folder / _MARK).read_text(encoding="ascii").split())
        except (OSError, ValueError):
            return min(self._segments, default=1), 0
        oldest = min(self._segments, default=first)
        return (first, offset) if first >= oldest else (oldest, 0)

    def _write_mark(self) -> None:
        fresh = self._folder / f"{_MARK}.new"
        with fresh.open("w", encoding="ascii") as file:
            file.write(f"{self._first} {self._offset}")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._folder / _MARK)
        self._sync_folder()

    def _drop_done(self) -> None:
        for number in [number for number in self._segments if number < self._first]:
            self._path(number).unlink(missing_ok=True)
            del self._segments[number]

    def _sync_folder(self) -> None:
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:012d}{_SUFFIX}"


def _free_places(folder: Path) -> list[tuple[Path, int]]:
    """Return the places of a folder that nobody uses, with their locks: all that are there, or else a new one.

    Raises: SpoolFullError: the folder cannot be used.
    """
    free: list[tuple[Path, int]] = []
    try:
        for number in range(1, _MOST_PLACES + 1):
            place = folder if number == 1 else folder.with_name(f"{folder.name}-{number}")
            if free and not place.exists():
                break
            lock = _locked(place)
            if lock is not None:
                free.append((place, lock))
    except OSError as error:
        for _, lock in free:
            os.close(lock)
        raise _no_room(folder, error) from error
    return free


def _locked(place: Path) -> int | None:
    """Return the lock of a folder, which is made where there is none; `None` where somebody has it."""
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = os.open(place / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    except OSError:
        os.close(lock)
        raise
    return lock


def _record_at(content: bytes, at: int) -> bytes | None:
    """Return the record that begins at `at`, or `None` where there is no whole one."""
    if at + _HEAD.size > len(content):
        return None
    length, checksum = _HEAD.unpack_from(content, at)
    record = content[at + _HEAD.size : at + _HEAD.size + length]
    return record if length and len(record) == length and zlib.crc32(record) == checksum else None


def _write_all(file: int, data: bytes, at: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(file, view, at)
        view, at = view[written:], at + written


def _no_room(folder: Path, error: OSError) -> SpoolFullError:
    return SpoolFullError(f"nothing can be kept in {folder} for the store of documents: {error.strerror or error}")
