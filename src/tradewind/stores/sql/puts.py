"""One row as it is to stand, and how long ids fit the older tables."""

from __future__ import annotations

import hashlib
from typing import Any, Final, NamedTuple

_ID_LENGTH: Final = 50


class Put(NamedTuple):
    """One row as it is to stand: its table, what names it, its other columns (`None`: no such row any more)."""

    table: str
    key: tuple[tuple[str, Any], ...]
    values: dict[str, Any] | None
    keeps: tuple[str, ...] = ()
    """Columns of which a row that stands already knows more."""


def short(text: str) -> str:
    """Return an id as it fits the older tables' 50 characters: as it is, or its beginning and a digest of all of it."""
    if len(text) <= _ID_LENGTH:
        return text
    return f"{text[: _ID_LENGTH - 17]}~{hashlib.sha256(text.encode()).hexdigest()[:16]}"
