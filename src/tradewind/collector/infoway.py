"""Fetches the newest trades of many codes and stores them as documents: the work that a collector is there for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.collector.ports import FetchedQuotes, Quote
from tradewind.errors import InputError
from tradewind.infoway.codes import in_batches
from tradewind.kernel.clock import NS_PER_MS, SystemClock
from tradewind.stores.documents.forms import QuoteDocument, Stored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tradewind.collector.ports import Tell
    from tradewind.infoway.answers import Trade
    from tradewind.infoway.rest import InfowayRest
    from tradewind.kernel.clock import Clock
    from tradewind.stores.documents.ports import Collection
    from tradewind.stores.documents.spooled import SpooledDocuments

MOST_CODES: Final = 100_000
_OUTSIDE: Final = "its newest trade lies outside the time that was asked for"
_STEP: Final = 400
"""Codes fetched and stored before progress is told."""


class InfowayCollector:
    """A `QuoteFetcher`; one in a process serves all jobs, so that they share connections and the key's budget."""

    def __init__(self, rest: InfowayRest, documents: SpooledDocuments, *, clock: Clock | None = None) -> None:
        self._rest = rest
        self._documents = documents
        self._clock = clock or SystemClock()

    async def fetch(
        self,
        codes: Sequence[str],
        *,
        collection: Collection = "realtime",
        on_progress: Tell = lambda _done, _whole: None,
        span_ms: tuple[int, int] | None = None,
    ) -> FetchedQuotes:
        """Fetch the newest trade of each code and store it; tell `on_progress` how many codes of how many are done.

        A trade outside `span_ms`, first and last ms since 1970, is not stored and its code refused. What was stored
        before something failed stays stored; doing it all again stores nothing twice.

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
        quotes: list[Quote] = []
        refused: dict[str, str] = {}
        total, requests, done = Stored(), 0, 0
        for part in in_batches(codes, _STEP):
            found = await self._rest.trades(part)
            wanted = [trade for trade in found.rows if span_ms is None or span_ms[0] <= trade.t <= span_ms[1]]
            total = _sum(total, await self._store(collection, wanted))
            quotes += [_quote_of(trade) for trade in wanted]
            refused |= found.refused
            if span_ms is not None:
                refused |= {trade.s: _OUTSIDE for trade in found.rows if not span_ms[0] <= trade.t <= span_ms[1]}
            requests += found.requests
            done += len(part)
            on_progress(done, len(codes))
        return FetchedQuotes(
            quotes=tuple(quotes),
            refused=refused,
            stored=total.stored,
            known=total.known,
            spooled=total.spooled,
            requests=requests,
        )

    async def _store(self, collection: Collection, trades: Sequence[Trade]) -> Stored:
        if not trades:
            return Stored()
        created_ms = self._clock.now_ns() // NS_PER_MS
        return await self._documents.put(collection, [document_of(trade, created_ms) for trade in trades])


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


def _quote_of(trade: Trade) -> Quote:
    return Quote(code=trade.s, at_ms=trade.t, price=trade.p, volume=trade.v, turnover=trade.vw)


def _sum(one: Stored, other: Stored) -> Stored:
    return Stored(one.stored + other.stored, one.known + other.known, one.spooled + other.spooled)
