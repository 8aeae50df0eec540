"""A module at work: its journal, its jobs and its line to the control server, from start to a clean end.

Crash-only: starting takes up what the last run left, be it jobs that were cut off or results that were not told.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from tradewind import __version__
from tradewind.collector.execution_log import ExecutionLog
from tradewind.collector.module_gate import LicenceGate
from tradewind.collector.module_jobs import Jobs
from tradewind.collector.module_journal import Journal
from tradewind.collector.module_line import Line
from tradewind.collector.module_places import Places, write_whole
from tradewind.collector.module_router import Router
from tradewind.collector.ports import JobKind
from tradewind.collector.settings import ModuleSettings
from tradewind.errors import ConfigError
from tradewind.kernel.clock import NS_PER_MS, Clock
from tradewind.kernel.log import get_log
from tradewind.kernel.rng import Rng

_LOG = get_log("collector")
_FLUSH_S: Final = 5.0
"""Results of jobs that ended while the module stops get this long to be told; the next start tells the rest."""


class Module:
    """One module, in this process."""

    def __init__(
        self, settings: ModuleSettings, places: Places, kinds: Mapping[str, JobKind], *, clock: Clock, rng: Rng
    ) -> None:
        """Open the journal and read hash and licence.

        Raises: ConfigError: it is not registered, has no good licence, or its files cannot be used.
        """
        places.make()
        self._settings = settings
        self._places = places
        self._clock = clock
        self._stop = asyncio.Event()
        module_hash = places.read_hash()
        self._journal = Journal(places.journal)
        self._gate = LicenceGate(settings, places, module_hash, self._journal, clock=clock)
        standing = self._gate.look()
        if not standing.is_working:
            self._journal.close()
            raise ConfigError(standing.message)
        router = Router(kinds, job_s=settings.job_s, refusal=self._gate.refusal)
        log = ExecutionLog(places.logs, days=settings.execution_log_days)
        self.jobs = Jobs(settings, self._journal, router, clock=clock, log=log)
        self.line = Line(
            settings,
            module_hash,
            self.jobs,
            clock=clock,
            rng=rng,
            on_shutdown=self._stop.set,
            on_change=self._write_status,
            kinds=router.names,
        )
        self._begun_ms = clock.now_ns() // NS_PER_MS

    def stop(self) -> None:
        """End in good order; safe to call from a signal's handler and twice."""
        self._stop.set()

    async def run(self) -> None:
        """Work until told to stop; what runs then gets `stop_s` to end.

        Raises: StoreError: the journal cannot be read at the start.
        """
        try:
            self.jobs.resume()
            async with asyncio.TaskGroup() as tasks:
                workers = [tasks.create_task(self.jobs.work()) for _ in range(self._settings.jobs_at_once)]
                line = tasks.create_task(self.line.keep())
                await self._stop.wait()
                _LOG.info("module_stopping", running=len(self.jobs.open_ids))
                await self.jobs.drain(self._settings.stop_s)
                await self.line.flush(_FLUSH_S)
                for task in (line, *workers):
                    task.cancel()
        finally:
            self._write_status(is_ended=True)
            self._journal.close()

    def status(self) -> dict[str, Any]:
        """Return how the module is, as its status file says it."""
        standing = self._gate.look()
        return {
            "pid": os.getpid(),
            "version": __version__,
            "begun_ms": self._begun_ms,
            "looked_ms": self._clock.now_ns() // NS_PER_MS,
            "server": f"{self._settings.server_host}:{self._settings.server_port}",
            "line": msgspec.structs.asdict(self.line.state),
            "running": self.jobs.open_ids,
            "unsent": self.jobs.unsent,
            "last_job": self.jobs.last,
            "counts": msgspec.structs.asdict(self.jobs.counts),
            "licence": {"verdict": standing.verdict, "message": standing.message},
        }

    def _write_status(self, *, is_ended: bool = False) -> None:
        # What cannot be told to a person must not stop the work.
        with contextlib.suppress(ConfigError):
            text = msgspec.json.encode({**self.status(), "is_ended": is_ended}).decode()
            write_whole(self._places.status, text, is_durable=False)
