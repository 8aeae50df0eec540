"""The jobs that fetch books and bars of many codes and store them."""

from __future__ import annotations

from typing import Any, Final

from tradewind.collector.ports import BarFetcher, BookFetcher, FetchedQuotes, Found, Streamed, Tell
from tradewind.collector.protocol_jobs import Job

MOST_REFUSED: Final = 500
"""Of more refused codes a result tells the number."""


class DepthKind:
    """Kind `depth`. A book is stored once for each moment, so a job that was cut off is done from the start."""

    name = "depth"
    is_repeatable = True

    def __init__(self, fetcher: BookFetcher) -> None:
        self._fetcher = fetcher

    async def run(self, job: Job, tell: Tell) -> dict[str, Any]:
        """Fetch and store; the books themselves are in the store, the result counts them."""
        found = await self._fetcher.fetch_depths(job.codes, on_progress=tell)
        return {"codes": len(job.codes), "books": len(found.documents), **counted(found)}


class KlineKind:
    """Kind `kline`. A bar is stored once and grows with its time, so a job that was cut off is done from the start."""

    name = "kline"
    is_repeatable = True

    def __init__(self, fetcher: BarFetcher) -> None:
        self._fetcher = fetcher

    async def run(self, job: Job, tell: Tell) -> dict[str, Any]:
        """Fetch and store; the bars themselves are in the store, the result counts them."""
        found = await self._fetcher.fetch_bars(job.codes, bar=job.bar, count=job.count, on_progress=tell)
        return {"codes": len(job.codes), "bar": job.bar, "bars": len(found.documents), **counted(found)}


def counted(found: FetchedQuotes | Found[Any] | Streamed) -> dict[str, Any]:
    """Return what any result tells of what was found and stored."""
    asked = {} if isinstance(found, Streamed) else {"requests": found.requests}
    return {
        "stored": found.stored,
        "known": found.known,
        "spooled": found.spooled,
        **asked,
        "refused_count": len(found.refused),
        "refused": dict(list(found.refused.items())[:MOST_REFUSED]),
    }
