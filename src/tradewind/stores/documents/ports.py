"""What a store of documents promises, whichever it is; the same tests hold each to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, Protocol, get_args

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tradewind.stores.documents.forms import (
        BarDocument,
        DepthDocument,
        Document,
        QuoteDocument,
        Stored,
        TradeCollection,
    )

Collection = Literal["realtime", "close", "depth", "kline"]
"""`realtime`: trades as they come; `close`: the last trade of each day; `depth`: books; `kline`: bars.

Their names in the store are settings.
"""
COLLECTIONS: Final[tuple[Collection, ...]] = get_args(Collection)
LATEST: Final = (1 << 63) - 1
"""As `until_ms`: no end."""


class DocumentStore(Protocol):
    """Keeps documents. What `put` has returned from survives a crash."""

    async def open(self) -> None:
        """Make collections and indexes where there are none.

        Raises:
            ConfigError: the address or the names cannot be used.
            StoreAwayError: the store does not answer.
        """
        ...

    async def put(self, collection: Collection, documents: Sequence[Document]) -> Stored:
        """Store documents of the collection's form; those that are there already are left as they are.

        Of a code's closes on one day the latest trade stays; another that is no later counts as there already. Of a
        bar, which grows until its time is over, what was created last stays; one that says the same, or was created
        earlier, counts as there already.

        Raises:
            StoreAwayError: the store does not answer; some may be stored, and putting them again harms nothing.
            StoreError: the store refuses them.
        """
        ...

    async def latest(
        self, collection: TradeCollection, code: str, limit: int = 1, *, until_ms: int = LATEST
    ) -> list[QuoteDocument]:
        """Return the newest trades of a code by their time, none after `until_ms`, newest first.

        Raises: StoreAwayError: the store does not answer.
        """
        ...

    async def depths(self, code: str, limit: int = 1, *, until_ms: int = LATEST) -> list[DepthDocument]:
        """Return the newest books of a code by their time, none after `until_ms`, newest first.

        Raises: StoreAwayError: the store does not answer.
        """
        ...

    async def bars(self, code: str, ty: int, limit: int = 1, *, until_ms: int = LATEST) -> list[BarDocument]:
        """Return the newest bars of a code and type by their begin, none that began after `until_ms`, newest first.

        Raises: StoreAwayError: the store does not answer.
        """
        ...

    async def codes(self, collection: Collection, since_ms: int, until_ms: int) -> list[str]:
        """Return the codes, in their order, that have a document from `since_ms` to `until_ms`, both included.

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
