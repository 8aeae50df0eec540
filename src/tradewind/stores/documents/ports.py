"""What a store of documents promises, whichever it is; the same tests hold each to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

Collection = Literal["realtime", "close"]
"""`realtime`: trades as they come; `close`: the last trade of each day. Their names in the store are settings."""


class QuoteDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One trade as it is stored, under the provider's names (C-002-4).

    `t` and `create_time` in ms since 1970; `p` price, `v` size, `vw` turnover, decimals as text; `td` 0: unknown,
    1: bought, 2: sold. `stock_code` is the code asked for.
    """

    s: str
    t: int
    p: str
    v: str
    vw: str
    td: int
    stock_code: str
    create_time: int


def id_of(document: QuoteDocument) -> str:
    """Return what makes a trade this trade: the same one stored twice is stored once."""
    return f"{document.s}|{document.t}|{document.p}|{document.v}|{document.vw}|{document.td}"


class Stored(msgspec.Struct, frozen=True):
    """What became of documents: newly stored, there already, and kept on disk until the store is back."""

    stored: int = 0
    known: int = 0
    spooled: int = 0


class DocumentStore(Protocol):
    """Keeps documents. What `put` has returned from survives a crash."""

    async def open(self) -> None:
        """Make collections and indexes where there are none.

        Raises:
            ConfigError: the address or the names cannot be used.
            StoreAwayError: the store does not answer.
        """
        ...

    async def put(self, collection: Collection, documents: Sequence[QuoteDocument]) -> Stored:
        """Store documents; those that are there already are left as they are.

        Raises:
            StoreAwayError: the store does not answer; some may be stored, and putting them again harms nothing.
            StoreError: the store refuses them.
        """
        ...

    async def latest(self, collection: Collection, code: str, limit: int = 1) -> list[QuoteDocument]:
        """Return the newest documents of a code, by the time of their trades, newest first.

        Raises: StoreAwayError: the store does not answer.
        """
        ...

    async def count(self, collection: Collection) -> int:
        """Return how many documents there are.

        Raises: StoreAwayError: the store does not answer.
        """
        ...

    async def close(self) -> None:
        """Let go of the store."""
        ...
