"""What the audit asks of the store that keeps the chain, and of the place where its head is noted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator


class Anchor(msgspec.Struct, frozen=True):
    """Where a chain's end was at a moment: number and hash of its newest entry, in hexadecimal. `ts` in ns UTC."""

    chain: str
    seq: int
    hash: str
    ts: int


class Chain(Protocol):
    """A journal's table, read as it stands: nothing of it is believed yet. Calls wait for the database."""

    @property
    def name(self) -> str:
        """Return the chain's name."""
        ...

    def head(self) -> tuple[int, bytes]:
        """Return number and hash of the newest entry; 0 and the chain's origin where there is none."""
        ...

    def hash_at(self, seq: int) -> bytes | None:
        """Return an entry's hash as it stands; `None` where there is no such entry."""
        ...

    def rows(self, *, after: int, until: int) -> Iterator[list[Any]]:
        """Yield the rows (`stores.chain.COLUMNS`) after `after` through `until` by number, in pieces."""
        ...

    def first_since(self, ts: int) -> int:
        """Return the number of the first entry at or after a moment; one beyond the last where there is none."""
        ...

    def note(self, anchor: Anchor) -> None:
        """Keep an anchor beside the chain too, for people to see; proof is only the one elsewhere."""
        ...


class AnchorPlace(Protocol):
    """Where anchors are noted, out of reach of whoever can change the database."""

    def add(self, anchor: Anchor) -> None:
        """Note one; it is kept when this returns.

        Raises: StoreError: the place refuses.
        """
        ...

    def last(self, chain: str) -> Anchor | None:
        """Return the newest anchor of a chain."""
        ...
