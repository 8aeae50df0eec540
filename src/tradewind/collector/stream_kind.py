"""The job that lasts: it listens to what the provider pushes of some codes and stores all of it."""

from __future__ import annotations

import asyncio
from typing import Any

from tradewind.collector.depth_kline_kinds import counted
from tradewind.collector.ports import Listener, Tell
from tradewind.collector.protocol_jobs import Job
from tradewind.domain.job import STREAM


class StreamKind:
    """Kind `stream`. Cut off, it is taken up again for what is left of its time; what was stored is stored."""

    name = STREAM
    is_repeatable = True

    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    async def run(self, job: Job, tell: Tell) -> dict[str, Any]:
        """Listen for as long as the job says."""
        return await self.run_until(job, tell, asyncio.Event())

    async def run_until(self, job: Job, tell: Tell, stop: asyncio.Event) -> dict[str, Any]:
        """Listen until its time is over or `stop` is set; being told to stop is a good end."""
        found = await self._listener.listen(
            job.codes, watch=job.watch, bar=job.bar, stop=stop, until_ms=job.until_ms, on_progress=tell
        )
        return {
            "codes": len(job.codes),
            "watch": job.watch,
            "received": found.received,
            "seconds": round(found.seconds, 1),
            "connections": found.connections,
            "lost": found.lost,
            "unreadable": found.unreadable,
            **counted(found),
        }
