"""Reads every byte of a backup and tells what is not as it was written."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

from tradewind.errors import InputError
from tradewind.runtime.backup.manifest import MANIFEST_NAME, state_of_parts
from tradewind.runtime.backup.parts import hash_of, unpack, whole_lines
from tradewind.stores.sql.dumping import digest_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tradewind.runtime.backup.manifest import Manifest, Part


class Finding(msgspec.Struct, frozen=True):
    """One thing that is wrong with a backup."""

    path: str
    problem: str


def findings(
    folder: Path, manifest: Manifest, *, on_part: Callable[[Part], None] = lambda _part: None
) -> Iterator[Finding]:
    """Yield what is wrong with the backup in `folder`; `on_part` hears of each file that was read."""
    for part in manifest.parts:
        problem = _problem(folder / part.path, part)
        on_part(part)
        if problem:
            yield Finding(part.path, problem)
    known = {MANIFEST_NAME, *(part.path for part in manifest.parts)}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if name not in known and (path.is_symlink() or not path.is_dir()):
            yield Finding(name, "the manifest does not know it")
    if state_of_parts(manifest.parts) != manifest.state:
        yield Finding(MANIFEST_NAME, "its parts do not add up to its state hash")


def _problem(path: Path, part: Part) -> str:
    try:
        if path.is_symlink():
            return "is a link and no file"
        found = hash_of(path)
        if found.bytes != part.bytes:
            return f"has {found.bytes} bytes and should have {part.bytes}: cut off, or changed"
        if found.sha256 != part.sha256:
            return "its content is not what was written"
        digest, count = _content(path, part)
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    except (InputError, msgspec.MsgspecError, ValueError) as error:
        return f"cannot be unpacked ({error})"
    if (digest, count) != (part.digest, part.count):
        return f"holds {count} entries that do not add up to its hash; {part.count} were written"
    return ""


def _content(path: Path, part: Part) -> tuple[str, int]:
    """Return the hash of what is in a part, and how much that is."""
    if part.form is not None:
        return digest_of(part.form, whole_lines(unpack(path)))
    if part.kind == "documents":
        sha = hashlib.sha256()
        for content in unpack(path):
            sha.update(content)
        return sha.hexdigest(), part.count
    return part.sha256, part.count
