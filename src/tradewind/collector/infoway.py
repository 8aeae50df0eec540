"""Fetches the newest trades of many codes and stores them as documents: the work that a collector is there for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.errors import InputError
from tradewind.infoway.codes import in_batches
from tradewind.kernel.clock import NS_PER_MS, SystemClock
from tradewind.stores.documents.ports import QuoteDocument, Stored

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tradewind.infoway.answers import Trade
    from tradewind.infoway.rest import InfowayRest
    from tradewind.kernel.clock import Clock
    from tradewind.stores.documents.ports import Collection
    from tradewind.stores.documents.spooled import SpooledDocuments

MOST_CODES: Final = 100_000
_STEP: Final = 400
"""Codes fetched and stored before progress is told."""


class Collected(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one collection. `documents` are the trades; `refused` says of each other code why it has none."""

    documents: tuple[QuoteDocument, ...]
    refused: dict[str, str]
    stored: int = 0
    known: int = 0
    spooled: int = 0
    requests: int = 0


class InfowayCollector:
    """Collects on demand; one in a process serves all jobs, so that they share connections and the key's budget."""

    def __init__(self, rest: InfowayRest, documents: SpooledDocuments, *, clock: Clock | None = None) -> None:
        self._rest = rest
        self._documents = documents
        self._clock = clock or SystemClock()

    async def collect(
        self,
        codes: Sequence[str],
        *,
        collection: Collection = "realtime",
        on_progress: Callable[[int, int], None] = lambda _done, _whole: None,
    ) -> Collected:
        """Fetch the newest trade of each code and store it; tell `on_progress` how many codes of how many are done.

        What was stored before something failed stays stored; doing it all again stores nothing twice.

        Raises:
            InputError: there are no codes, or too many.
            KeyRefusedError: the provider refuses the key.
            TransientError: the provider does not answer, or the key's budget is used up.
            SpoolFullError: neither the store nor the disk takes more.
            StoreError: the store refuses the documents.
        """
        if not 1 <= len(codes) <= MOST_CODES:
            message = f"codes to collect must be 1 to {MOST_CODES}, were {len(codes)}"
            raise InputError(message)
        documents: list[QuoteDocument] = []
        refused: dict[str, str] = {}
        total, requests, done = Stored(), 0, 0
        for part in in_batches(codes, _STEP):
            found = await self._rest.trades(part)
            created_ms = self._clock.now_ns() // NS_PER_MS
            fresh = [document_of(trade, created_ms) for trade in found.rows]
            if fresh:
                one = await self._documents.put(collection, fresh)
                total = Stored(total.stored + one.stored, total.known + one.known, total.spooled + one.spooled)
            documents += fresh
            refused |= found.refused
            requests += found.requests
            done += len(part)
            on_progress(done, len(codes))
        return Collected(
            documents=tuple(documents),
            refused=refused,
            stored=total.stored,
            known=total.known,
            spooled=total.spooled,
            requests=requests,
        )


def document_of(trade: Trade, created_ms: int) -> QuoteDocument:
    """Return a trade as it is stored, with the code it was asked by and the time of its storing (C-002-4)."""
    return QuoteDocument(
        s=trade.s,
        t=trade.t,
        p=trade.p,
        v=trade.v,
        vw=trade.vw,
        td=trade.td,
        stock_code=trade.s,
        create_time=created_ms,
    )
