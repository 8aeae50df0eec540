"""Fetches trades, books and bars of many codes and stores them as documents: the work a collector is there for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from tradewind.collector.as_documents import bar_document, depth_document, document_of
from tradewind.collector.ports import FetchedQuotes, Found, Quote
from tradewind.errors import InputError
from tradewind.infoway.bar_types import BAR_TYPES
from tradewind.infoway.codes import in_batches
from tradewind.kernel.clock import NS_PER_MS, SystemClock
from tradewind.stores.documents.forms import Stored

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from tradewind.collector.infoway_streams import InfowayStreams
    from tradewind.collector.ports import Streamed, Tell
    from tradewind.domain.job import BarLength, Watched
    from tradewind.infoway.answers import Bar, Trade
    from tradewind.infoway.rest import Fetched, InfowayRest
    from tradewind.kernel.clock import Clock
    from tradewind.stores.documents.forms import BarDocument, DepthDocument, Document, TradeCollection
    from tradewind.stores.documents.ports import Collection
    from tradewind.stores.documents.spooled import SpooledDocuments

R = TypeVar("R")
MOST_CODES: Final = 100_000
TOO_EARLY: Final = "its newest trade is earlier than the time that was asked for"
TOO_LATE: Final = "its newest trade is later than the time that was asked for"
_STEP: Final = 400
"""Codes fetched and stored before progress is told."""
_BARS_OF_MANY: Final = 2
"""Bars that one request may ask for of each of several codes."""


class InfowayCollector:
    """A `QuoteFetcher`, `BookFetcher`, `BarFetcher` and, with `streams`, a `Listener`.

    One in a process serves all jobs, so that they share connections and the key's budget.
    """

    def __init__(
        self,
        rest: InfowayRest,
        documents: SpooledDocuments,
        *,
        streams: InfowayStreams | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._rest = rest
        self._documents = documents
        self._streams = streams
        self._clock = clock or SystemClock()

    async def fetch(
        self,
        codes: Sequence[str],
        *,
        collection: TradeCollection = "realtime",
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
        quotes: list[Quote] = []
        tally: _Tally[Trade] = _Tally()
        async for found in _parts(codes, _STEP, self._rest.trades, on_progress):
            wanted = [trade for trade in found.rows if span_ms is None or span_ms[0] <= trade.t <= span_ms[1]]
            tally.add(found, await self._store(collection, [document_of(trade, self._now_ms()) for trade in wanted]))
            quotes += [_quote_of(trade) for trade in wanted]
            if span_ms is not None:
                tally.refused |= {trade.s: TOO_EARLY for trade in found.rows if trade.t < span_ms[0]}
                tally.refused |= {trade.s: TOO_LATE for trade in found.rows if trade.t > span_ms[1]}
        return FetchedQuotes(quotes=tuple(quotes), **tally.as_fields())

    async def fetch_depths(
        self, codes: Sequence[str], *, on_progress: Tell = lambda _done, _whole: None
    ) -> Found[DepthDocument]:
        """Fetch the book of each code and store it. Raises: as `fetch`."""
        books: list[DepthDocument] = []
        tally: _Tally[Any] = _Tally()
        async for found in _parts(codes, _STEP, self._rest.depths, on_progress):
            made = [depth_document(depth, self._now_ms()) for depth in found.rows]
            tally.add(found, await self._store("depth", made))
            books += made
        return Found(documents=tuple(books), **tally.as_fields())

    async def fetch_bars(
        self,
        codes: Sequence[str],
        *,
        bar: BarLength = "1m",
        count: int = 1,
        on_progress: Tell = lambda _done, _whole: None,
    ) -> Found[BarDocument]:
        """Fetch the newest `count` bars of each code and store them.

        One or two bars are asked for of many codes at once; of more each code is a request of its own.

        Raises: as `fetch`.
        """
        kind = BAR_TYPES[bar]
        bars: list[BarDocument] = []
        tally: _Tally[tuple[Bar, ...]] = _Tally()

        async def ask(part: Sequence[str]) -> Fetched[tuple[Bar, ...]]:
            return await self._rest.bars(part, kind, count)

        async for found in _parts(codes, _STEP if count <= _BARS_OF_MANY else 1, ask, on_progress):
            made = [bar_document(one, kind, self._now_ms()) for row in found.rows for one in row]
            tally.add(found, await self._store("kline", made))
            bars += made
        return Found(documents=tuple(bars), **tally.as_fields())

    async def bar_before(self, code: str, moment_ms: int, *, count: int) -> Bar | None:
        """Return the last bar of a minute that began before that moment, of the newest `count`; `None`: there is none.

        Raises: as `fetch`.
        """
        found = await self._rest.bars([code], BAR_TYPES["1m"], count)
        begun = [one for row in found.rows for one in row if one.t * 1_000 < moment_ms]
        return max(begun, key=lambda one: one.t, default=None)

    async def listen(
        self,
        codes: Sequence[str],
        *,
        watch: Watched,
        bar: BarLength,
        stop: asyncio.Event,
        until_ms: int | None,
        on_progress: Tell,
    ) -> Streamed:
        """Store what is pushed of these codes. Raises: as `InfowayStreams.listen`."""
        if self._streams is None:
            message = "this collector has no live connections"
            raise InputError(message)
        return await self._streams.listen(
            codes, watch=watch, bar=bar, stop=stop, until_ms=until_ms, on_progress=on_progress
        )

    async def _store(self, collection: Collection, documents: Sequence[Document]) -> Stored:
        return await self._documents.put(collection, documents) if documents else Stored()

    def _now_ms(self) -> int:
        return self._clock.now_ns() // NS_PER_MS


class _Tally(Generic[R]):
    """What the parts of one job came to."""

    def __init__(self) -> None:
        self.refused: dict[str, str] = {}
        self._stored = Stored()
        self._requests = 0

    def add(self, found: Fetched[R], stored: Stored) -> None:
        self.refused |= found.refused
        self._stored = sum_of(self._stored, stored)
        self._requests += found.requests

    def as_fields(self) -> dict[str, Any]:
        total = self._stored
        return {
            "refused": self.refused, "stored": total.stored, "known": total.known, "spooled": total.spooled,
            "requests": self._requests,
        }  # fmt: skip


def sum_of(one: Stored, other: Stored) -> Stored:
    """Return what became of all of them."""
    return Stored(one.stored + other.stored, one.known + other.known, one.spooled + other.spooled)


async def _parts(
    codes: Sequence[str], step: int, ask: Callable[[Sequence[str]], Awaitable[Fetched[R]]], on_progress: Tell
) -> AsyncIterator[Fetched[R]]:
    """Yield what is found of so many codes at a time; progress is told when whoever takes it comes for more.

    Raises: InputError: there are no codes, or too many. Else as `ask`.
    """
    if not 1 <= len(codes) <= MOST_CODES:
        message = f"codes to collect must be 1 to {MOST_CODES}, were {len(codes)}"
        raise InputError(message)
    done = 0
    for part in in_batches(codes, step):
        yield await ask(part)
        done += len(part)
        on_progress(done, len(codes))


def _quote_of(trade: Trade) -> Quote:
    return Quote(code=trade.s, at_ms=trade.t, price=trade.p, volume=trade.v, turnover=trade.vw)
