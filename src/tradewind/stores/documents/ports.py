"""What a store of documents promises, whichever it is; the same tests hold each to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

Collection = Literal["realtime", "close"]
"""`realtime`: trades as they come; `close`: the last trade of each day. Their names in the store are settings."""
LATEST: Final = (1 << 63) - 1
"""As `until_ms`: no end."""
_DAY_MS: Final = 86_400_000


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


def id_in(collection: Collection, document: QuoteDocument) -> str:
    """Return what makes a document the same one: among trades the trade, among closes its code and its day.

    The day is that of UTC, on which every market of the provider ends the day that it names.
    """
    return id_of(document) if collection == "realtime" else f"{document.s}|{day_of(document)}"


def day_of(document: QuoteDocument) -> int:
    """Return the day of a trade as days since 1970, UTC."""
    return document.t // _DAY_MS


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

        Of a code's closes on one day the latest trade stays; another that is no later counts as there already.

        Raises:
            StoreAwayError: the store does not answer; some may be stored, and putting them again harms nothing.
            StoreError: the store refuses them.
        """
        ...

    async def latest(
        self, collection: Collection, code: str, limit: int = 1, *, until_ms: int = LATEST
    ) -> list[QuoteDocument]:
        """Return the newest documents of a code by the time of their trades, none after `until_ms`, newest first.

        Raises: StoreAwayError: the store does not answer.
        """
        ...

    async def codes(self, collection: Collection, since_ms: int, until_ms: int) -> list[str]:
        """Return the codes, in their order, that have a trade from `since_ms` to `until_ms`, both included.

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
