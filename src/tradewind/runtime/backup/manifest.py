"""What a backup says of itself: its parts with their hashes, what they were made by, and the state they add up to."""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from tradewind.errors import InputError
from tradewind.runtime.backup.parts import write_private
from tradewind.stores.documents.copies import DocumentKind
from tradewind.stores.sql.dumping import TableForm

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FORMAT: Final = 1
"""Raised when an older program could no longer read a backup."""
MANIFEST_NAME: Final = "manifest.json"
Kind = Literal["table", "documents", "file", "recording", "archive", "named", "secret", "settings"]
_NOT_STATE: Final = frozenset({"secret", "settings"})


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file of a backup, by its path in it."""

    path: str
    kind: Kind
    bytes: int
    sha256: str
    """Of the file as it lies there."""
    digest: str
    """Of what is in it, as `state` has it: a table's rows, a collection's documents; of a file the same as `sha256`."""
    count: int = 1
    """Rows, or documents."""
    form: TableForm | None = None
    mode: int = 0o600
    mtime_ns: int = 0

    @property
    def name(self) -> str:
        """Return the path without the folder that says what kind it is."""
        return self.path.partition("/")[2]


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a journal ended."""

    chain: str
    seq: int
    hash: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One backup."""

    format: int = FORMAT
    name: str
    """Of its folder: when it was begun, UTC."""
    program: str
    """Version of the program that made it."""
    tables: str
    """Step of the tables (`tradewind db history`)."""
    database: str
    """Kind of database it was made of; it may be restored to another."""
    documents: DocumentKind
    began_ns: int
    ended_ns: int
    heads: tuple[Head, ...]
    parts: tuple[Part, ...]
    state: str
    """The state hash: equal where the same rows, documents and files are."""
    seal: str = ""
    """SHA-256 of this manifest with an empty seal."""

    @property
    def bytes(self) -> int:
        """Return how much its parts take."""
        return sum(part.bytes for part in self.parts)


class _Version(msgspec.Struct):
    format: int
    program: str = "?"


def state_of(digests: Iterable[tuple[str, str]]) -> str:
    """Return the hash of a state: of each part's path and the hash of what is in it, in whatever order."""
    return hashlib.sha256("".join(f"{path} {digest}\n" for path, digest in sorted(digests)).encode()).hexdigest()


def state_of_parts(parts: Iterable[Part]) -> str:
    """Return the state hash of a backup's parts; settings and secrets are none of the state."""
    return state_of((part.path, part.digest) for part in parts if part.kind not in _NOT_STATE)


def sealed(manifest: Manifest) -> Manifest:
    """Return it with its seal."""
    return msgspec.structs.replace(manifest, seal=_seal(manifest))


def read_manifest(folder: Path) -> Manifest:
    """Read what a backup says of itself.

    Raises: InputError: there is none, it is not as it was written, or a newer program wrote it.
    """
    path = folder / MANIFEST_NAME
    try:
        content = path.read_bytes()
    except OSError as error:
        message = f"{folder} is no backup: {MANIFEST_NAME} cannot be read ({error.strerror}); allowed is a folder that "
        raise InputError(message + "`tradewind backup create` made") from error
    try:
        version = msgspec.json.decode(content, type=_Version)
        if version.format > FORMAT:
            message = (
                f"{folder} was made by a newer program ({version.program}, format {version.format}); this one reads "
                f"backups up to format {FORMAT}: use the newer program"
            )
            raise InputError(message)
        found = msgspec.json.decode(content, type=Manifest)
    except msgspec.MsgspecError as error:
        raise _changed(path, str(error)) from error
    if _seal(found) != found.seal:
        raise _changed(path, "its seal does not fit")
    for part in found.parts:
        if not _is_inside(part.path):
            raise _changed(path, f"it names {part.path!r}, which lies outside")
    return found


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write it, for people to read as well. Raises: OSError: the disk refuses."""
    path = folder / MANIFEST_NAME
    write_private(path, msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n")


def _seal(manifest: Manifest) -> str:
    return hashlib.sha256(msgspec.json.encode(msgspec.structs.replace(manifest, seal=""))).hexdigest()


def _is_inside(text: str) -> bool:
    path = PurePosixPath(text)
    return bool(text) and not path.is_absolute() and ".." not in path.parts and path.as_posix() == text != MANIFEST_NAME


def _changed(path: Path, what: str) -> InputError:
    return InputError(f"{path} is not as it was written ({what}); take another backup")
