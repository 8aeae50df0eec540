"""One line for each execution in `logs/execution_YYYY-MM-DD.log`, the day being that of the machine's zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from tradewind.collector import protocol as wire
from tradewind.collector.protocol_jobs import Job
from tradewind.kernel.clock import NS_PER_S
from tradewind.kernel.log import get_log

_LOG = get_log("collector")


class ExecutionLog:
    """The log of what was executed; a full disk costs lines of it, never a job."""

    def __init__(self, folder: Path, *, days: int) -> None:
        self._folder = folder
        self._days = days
        self._day = ""
        self.lost = 0

    def write(
        self,
        now_ns: int,
        execution_id: str,
        outcome: wire.Succeeded | wire.Failed,
        *,
        job: Job | None,
        took_s: float,
    ) -> None:
        """Add the line of one execution."""
        at = datetime.fromtimestamp(now_ns / NS_PER_S, tz=UTC).astimezone()
        said = {
            "time": at.isoformat(timespec="milliseconds"),
            "execution_id": execution_id,
            "kind": job.kind if job else None,
            "codes": len(job.codes) if job else 0,
            "status": "success" if isinstance(outcome, wire.Succeeded) else "error",
            "took_s": round(took_s, 3),
            "meta": outcome.meta,
            "result" if isinstance(outcome, wire.Succeeded) else "message": (
                outcome.result if isinstance(outcome, wire.Succeeded) else outcome.message
            ),
        }
        day = at.date().isoformat()
        try:
            with (self._folder / f"execution_{day}.log").open("a", encoding="utf-8") as file:
                file.write(msgspec.json.encode(said).decode() + "\n")
            if day != self._day:
                self._day = day
                self._forget(at)
        except OSError as error:
            self.lost += 1
            _LOG.error("execution_log_failed", error=str(error), lost=self.lost)

    def _forget(self, at: datetime) -> None:
        oldest = f"execution_{(at - timedelta(days=self._days)).date().isoformat()}.log"
        for file in self._folder.glob("execution_????-??-??.log"):
            if file.name < oldest:
                file.unlink(missing_ok=True)
