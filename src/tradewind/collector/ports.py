"""What a module needs from elsewhere: somebody who does each kind of job, somebody who fetches quotes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import msgspec

from tradewind.collector.protocol_jobs import Collection, Job

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


class QuoteFetcher(Protocol):
    """Fetches the newest trade of each code and stores it; the same again stores nothing twice."""

    async def fetch(self, codes: Sequence[str], *, collection: Collection, on_progress: Tell) -> FetchedQuotes:
        """Return what came of it.

        Raises: TradewindError: it could not be done; the message says why.
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
