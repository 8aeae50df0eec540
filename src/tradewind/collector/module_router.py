"""Sends each job to who does its kind, and makes of whatever comes of it one message for the server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from tradewind.collector import protocol as wire
from tradewind.collector.ports import JobKind, LastingKind, Tell
from tradewind.collector.protocol_jobs import Job
from tradewind.errors import TradewindError
from tradewind.kernel.log import get_log

_LOG = get_log("collector")


class JobCancelledError(TradewindError):
    """The control server wants a job no more."""

    code = "cancelled"


class Router:
    """Kinds by name; `refusal` says of a kind why it may not be done now, empty where it may."""

    def __init__(
        self, kinds: Mapping[str, JobKind], *, job_s: float, refusal: Callable[[str], str] = lambda _kind: ""
    ) -> None:
        self._kinds = dict(kinds)
        self._job_s = job_s
        self._refusal = refusal
        self.names = tuple(sorted(self._kinds))

    def why_not(self, job: Job) -> str:
        """Return why a job cannot be done, empty where it can."""
        if job.kind not in self._kinds:
            return f"kind must be one of {', '.join(self.names)}, was {job.kind}"
        return self._refusal(job.kind)

    def is_repeatable(self, job: Job) -> bool:
        """Tell whether a job that was cut off may be done again."""
        return job.kind in self._kinds and self._kinds[job.kind].is_repeatable

    def is_lasting(self, job: Job) -> bool:
        """Tell whether a job lasts until it is told to end, or for a time of its own."""
        return isinstance(self._kinds.get(job.kind), LastingKind)

    async def run(
        self, job: Job, meta: wire.Meta, tell: Tell, stop: asyncio.Event | None = None
    ) -> wire.Succeeded | wire.Failed:
        """Do the job; whatever goes wrong with it is its result and disturbs no other.

        When `stop` is set a job that lasts ends in good order, and any other where it stands.
        """
        kind, stop = self._kinds[job.kind], stop or asyncio.Event()
        limit = asyncio.timeout(None if isinstance(kind, LastingKind) else self._job_s)
        try:
            async with limit:
                if isinstance(kind, LastingKind):
                    result = await kind.run_until(job, tell, stop)
                else:
                    result = await _unless_stopped(kind.run(job, tell), stop)
            outcome = wire.Succeeded(meta, result)
            size = len(wire.encode(outcome).encode())
        except TradewindError as error:
            return wire.Failed(meta, f"{error.code}: {error}")
        except Exception as error:  # noqa: BLE001 - the handler guard, one of the three boundaries
            if limit.expired():
                return wire.Failed(meta, f"timeout: the job took longer than {self._job_s:g} s (module.job_s)")
            # A kind may be a stranger's code: its fault ends its job, not the module.
            _LOG.exception("job_crashed", kind=job.kind)
            return wire.Failed(meta, f"error: the job ended with {type(error).__name__}")
        if size > wire.MOST_BYTES:
            return wire.Failed(meta, f"input: the result has {size} bytes, at most {wire.MOST_BYTES} can be sent")
        return outcome


async def _unless_stopped(work: Coroutine[Any, Any, dict[str, Any]], stop: asyncio.Event) -> dict[str, Any]:
    doing, told = asyncio.create_task(work), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([doing, told], return_when=asyncio.FIRST_COMPLETED)
        if doing.done():
            return doing.result()
        message = "the control server wants the job no more"
        raise JobCancelledError(message)
    finally:
        for task in (doing, told):
            task.cancel()
        await asyncio.gather(doing, told, return_exceptions=True)


def as_text(outcome: wire.Succeeded | wire.Failed) -> str:
    """Return an outcome as it is kept and sent."""
    return wire.encode(outcome)
