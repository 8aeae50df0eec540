"""What a module needs from elsewhere: who does each kind of job, who fetches, who listens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

import msgspec

from tradewind.collector.protocol_jobs import Collection, Job
from tradewind.domain.job import BarLength, Watched
from tradewind.stores.documents.forms import BarDocument, DepthDocument

D = TypeVar("D")

Tell = Callable[[int, int], None]
"""Told how much is done, of how much; cheap, and may be called often."""


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """The newest trade of a code, as it was stored: decimals as text, `at_ms` since 1970, UTC."""

    code: str
    at_ms: int
    price: str
    volume: str
    turnover: str


class FetchedQuotes(msgspec.Struct, frozen=True, kw_only=True):
    """What came of fetching: the quotes, why other codes have none, and what the store did with them."""

    quotes: tuple[Quote, ...] = ()
    refused: dict[str, str] = {}
    stored: int = 0
    known: int = 0
    spooled: int = 0
    requests: int = 0


class Found(msgspec.Struct, Generic[D], frozen=True, kw_only=True):
    """What came of fetching books or bars: the documents, why codes have none, what the store did with them."""

    documents: tuple[D, ...] = ()
    refused: dict[str, str] = {}
    stored: int = 0
    known: int = 0
    spooled: int = 0
    requests: int = 0


class Streamed(msgspec.Struct, frozen=True, kw_only=True):
    """What came of listening: how much was pushed, what the store did with it, how often the line was lost."""

    received: int = 0
    stored: int = 0
    known: int = 0
    spooled: int = 0
    seconds: float = 0.0
    connections: int = 0
    lost: int = 0
    unreadable: int = 0
    refused: dict[str, str] = {}


class QuoteFetcher(Protocol):
    """Fetches the newest trade of each code and stores it; the same again stores nothing twice."""

    async def fetch(self, codes: Sequence[str], *, collection: Collection, on_progress: Tell) -> FetchedQuotes:
        """Return what came of it.

        Raises: TradewindError: it could not be done; the message says why.
        """
        ...


@runtime_checkable
class BookFetcher(Protocol):
    """Fetches the book of each code and stores it."""

    async def fetch_depths(self, codes: Sequence[str], *, on_progress: Tell) -> Found[DepthDocument]:
        """Return what came of it. Raises: TradewindError."""
        ...


@runtime_checkable
class BarFetcher(Protocol):
    """Fetches the newest bars of each code and stores them."""

    async def fetch_bars(
        self, codes: Sequence[str], *, bar: BarLength, count: int, on_progress: Tell
    ) -> Found[BarDocument]:
        """Return what came of it. Raises: TradewindError."""
        ...


@runtime_checkable
class Listener(Protocol):
    """Stores what is pushed of codes."""

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
        """Listen until `stop` is set or it is `until_ms`, ms since 1970; everything heard is stored on return.

        Raises: TradewindError: it cannot go on; what was heard until then is stored.
        """
        ...


class JobKind(Protocol):
    """Does one kind of job."""

    @property
    def name(self) -> str:
        """What `kind` of a job's arguments calls it; a licence names it as a feature."""
        ...

    @property
    def is_repeatable(self) -> bool:
        """True where a job that was cut off may be done again from the start, with the same effect as once."""
        ...

    async def run(self, job: Job, tell: Tell) -> dict[str, Any]:
        """Do it and return the result as it goes to the server, small enough for one message.

        Raises: TradewindError: it could not be done; the message says why.
        """
        ...


@runtime_checkable
class LastingKind(JobKind, Protocol):
    """A kind whose jobs last: `module.job_s` is no limit of theirs, and they end in good order when they are told."""

    async def run_until(self, job: Job, tell: Tell, stop: asyncio.Event) -> dict[str, Any]:
        """Do it until it is over or `stop` is set, and return the result either way.

        Raises: TradewindError: it could not be done; the message says why.
        """
        ...
