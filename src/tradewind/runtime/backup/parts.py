"""The files of a backup: written with their hashes on the way, read again with every byte checked."""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from tradewind.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

_CHUNK: Final = 1 << 20
_PRIVATE: Final = 0o600
_FOLDER: Final = 0o700
_QUICKLY: Final = 1
"""Of zlib's levels: a third larger than the usual one, several times as fast."""


class Written(NamedTuple):
    """What became of a file: its size and its SHA-256."""

    bytes: int
    sha256: str


class _Hashing:
    """A file that is hashed while it is written."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._sha = hashlib.sha256()
        self._size = 0

    def write(self, data: bytes | memoryview) -> int:
        """Write all of it."""
        self._sha.update(data)
        self._size += len(data)
        return self._stream.write(data)

    def flush(self) -> None:
        """Hand it on."""
        self._stream.flush()

    def written(self) -> Written:
        """Return what it is so far."""
        return Written(self._size, self._sha.hexdigest())


def make_folder(folder: Path) -> None:
    """Make a folder for its owner alone. Raises: OSError."""
    folder.mkdir(mode=_FOLDER, parents=True, exist_ok=True)


def pack(path: Path, contents: Iterable[bytes]) -> Written:
    """Write contents into a compressed file, the same bytes for the same contents. Raises: OSError."""
    make_folder(path.parent)
    with _fresh(path) as raw:
        hashing = _Hashing(raw)
        with gzip.GzipFile(filename="", mode="wb", compresslevel=_QUICKLY, fileobj=hashing, mtime=0) as packed:
            for content in contents:
                packed.write(content)
        _to_disk(raw)
        return hashing.written()


def unpack(path: Path) -> Iterator[bytes]:
    """Yield what was packed.

    Raises: InputError: the file is cut off or damaged. OSError: it cannot be read.
    """
    try:
        with gzip.open(path) as packed:
            while content := packed.read(_CHUNK):
                yield content
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        message = f"{path} is damaged ({error}); take another backup"
        raise InputError(message) from error


def whole_lines(contents: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same contents, cut only behind a line."""
    rest = b""
    for content in contents:
        head, end, tail = content.rpartition(b"\n")
        if not end:
            rest += content
            continue
        yield rest + head + end
        rest = tail
    if rest:
        yield rest


def copy(source: Path, target: Path, *, until: int | None = None, mode: int = _PRIVATE) -> Written:
    """Copy a file, or its first `until` bytes, to where none is.

    Raises: OSError: it is gone, or cannot be written.
    """
    make_folder(target.parent)
    left = until if until is not None else 1 << 62
    with source.open("rb") as stream, _fresh(target, mode) as raw:
        hashing = _Hashing(raw)
        while left and (content := stream.read(min(_CHUNK, left))):
            hashing.write(content)
            left -= len(content)
        _to_disk(raw)
        return hashing.written()


def write_private(path: Path, content: bytes) -> Written:
    """Write a file for its owner alone. Raises: OSError."""
    make_folder(path.parent)
    with _fresh(path) as raw:
        raw.write(content)
        _to_disk(raw)
    return Written(len(content), hashlib.sha256(content).hexdigest())


def hash_of(path: Path) -> Written:
    """Read a file to its end. Raises: OSError."""
    sha, size = hashlib.sha256(), 0
    with path.open("rb") as stream:
        while content := stream.read(_CHUNK):
            sha.update(content)
            size += len(content)
    return Written(size, sha.hexdigest())


def _fresh(path: Path, mode: int = _PRIVATE) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode), "wb")


def _to_disk(raw: BinaryIO) -> None:
    raw.flush()
    os.fsync(raw.fileno())
