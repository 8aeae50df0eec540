"""The job a collector is there for: fetch the newest trades of many codes and store them."""

from __future__ import annotations

from typing import Any

from tradewind.collector.depth_kline_kinds import counted
from tradewind.collector.ports import QuoteFetcher, Tell
from tradewind.collector.protocol_jobs import DEFAULT_KIND, Job


class QuotesKind:
    """Kind `quotes`. What was stored is not stored again, so a job that was cut off is done from the start."""

    name = DEFAULT_KIND
    is_repeatable = True

    def __init__(self, fetcher: QuoteFetcher) -> None:
        self._fetcher = fetcher

    async def run(self, job: Job, tell: Tell) -> dict[str, Any]:
        """Fetch and store; the quotes themselves are in the store, the result counts them."""
        found = await self._fetcher.fetch(job.codes, collection=job.collection, on_progress=tell)
        return {"codes": len(job.codes), "quotes": len(found.quotes), **counted(found)}
