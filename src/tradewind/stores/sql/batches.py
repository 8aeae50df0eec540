"""Cuts long lists into what one statement takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

R = TypeVar("R")


def batched(rows: Sequence[R], size: int) -> Iterator[list[R]]:
    """Yield `rows` in lists of at most `size`."""
    for first in range(0, len(rows), size):
        yield list(rows[first : first + size])
