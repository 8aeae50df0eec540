"""`tradewind status`: one row per service, for people and for programs, and the exit code that sums it up."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.runtime.lifecycle import health, leftovers
from tradewind.runtime.lifecycle.last_words import last_error
from tradewind.runtime.lifecycle.programs import service_of
from tradewind.runtime.lifecycle.redis_facts import RedisFacts, behind_ms, look
from tradewind.runtime.process_gauges import resident_mb
from tradewind.runtime.releases import trouble_of
from tradewind.runtime.services import PROGRAMS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tradewind.runtime.lifecycle.crew import Crew
    from tradewind.runtime.lifecycle.health import Health
    from tradewind.runtime.lifecycle.supervisor_rpc import ProgramInfo

ALL_WELL: Final = 0
NOT_WELL: Final = 1
NOTHING_RUNS: Final = 3
_RATES: Final = {
    "market": "ticks_clean",
    "features": "features",
    "strategies": "signals",
    "signals": "opportunities",
    "risk": "alerts",
    "trading": "orders",
    "push": "push_messages",
    "api": "api_requests",
    "quotes": "quotes_frames",
    "control": "control_messages",
}
"""What each service's rate counts: what it puts out."""
_HEADS: Final = ("service", "state", "pid", "uptime", "rate/s", "lag", "memory", "last error")
_UP: Final = frozenset({"running", "standby"})


class ServiceRow(msgspec.Struct, frozen=True, kw_only=True):
    """One process of a service; what is not known is `None`.

    `state`: running, standby, degraded (without Redis), unwell (a part of it fails), draining (sees its clients off),
    starting, stopping, retrying, failed, stopped.
    """

    service: str
    state: str
    pid: int | None = None
    version: str = ""
    uptime_s: float | None = None
    rate_per_s: float | None = None
    lag_ms: int | None = None
    memory_mb: float | None = None
    shards: tuple[int, ...] = ()
    """Shards of the line it serves, where the line is split."""
    last_error: str = ""


class StatusReport(msgspec.Struct, frozen=True, kw_only=True):
    """The whole installation at one moment."""

    services: list[ServiceRow]
    redis: RedisFacts
    supervisor_pid: int | None
    leftovers: dict[str, str]
    """Processes of this installation that nobody looks after, by pid."""

    @property
    def exit_code(self) -> int:
        """Return 0 all that is wanted runs well, 1 something is not, 3 nothing runs."""
        states = [row.state for row in self.services if row.state != "stopped"]
        if self.leftovers:
            return NOT_WELL
        if not states:
            return NOTHING_RUNS
        if self.redis.mixed is not None:
            return NOT_WELL
        return ALL_WELL if self.redis.is_here and all(state in _UP for state in states) else NOT_WELL


def status_of(crew: Crew, names: Sequence[str] = PROGRAMS) -> StatusReport:
    """Ask everybody once."""
    pid = crew.rpc.pid()
    programs = crew.rpc.programs() if pid is not None else {}
    redis = look(crew.settings.bus)
    return StatusReport(
        services=[_row(crew, name, programs.get(name), redis) for name in crew.programs_of(names, programs)],
        redis=redis,
        supervisor_pid=pid,
        leftovers={} if pid is not None else {str(key): name for key, name in leftovers.find(crew.places).items()},
    )


def as_table(report: StatusReport) -> str:
    """Return the report for a person."""
    rows = [_HEADS, *(_cells(row) for row in report.services)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    redis = report.redis
    if redis.is_here:
        lines.append(f"redis       {redis.address}, answers in {redis.answer_ms:g} ms")
    else:
        lines.append(f"redis       away: {redis.reason}")
    if redis.mixed is not None:
        lines.append(f"releases    {trouble_of(redis.mixed)}")
    if report.leftovers:
        found = ", ".join(f"{name} {pid}" for pid, name in report.leftovers.items())
        lines.append(f"left over   {found}: their supervisor is gone; `tradewind stop` ends them")
    elif report.supervisor_pid is None:
        lines.append("supervisor  does not run; `tradewind start` begins")
    return "\n".join(lines)


def _row(crew: Crew, name: str, info: ProgramInfo | None, redis: RedisFacts) -> ServiceRow:
    if info is None or info.statename in {"STOPPED", "UNKNOWN"}:
        return ServiceRow(service=name, state="stopped")
    if not info.is_up:
        state = "retrying" if info.statename == "BACKOFF" else "failed"
        silent = "ended without a word" if info.pid == 0 else info.description
        return ServiceRow(service=name, state=state, last_error=last_error(name, crew.places) or silent)
    answer = health.ask(name, crew.settings)
    if answer is not None and answer.pid not in {0, info.pid}:
        answer = None
    since = datetime.fromtimestamp(info.start, UTC).isoformat()
    return ServiceRow(
        service=name,
        state=_state(info, answer),
        pid=info.pid,
        version=answer.version if answer is not None else "",
        uptime_s=float(info.now - info.start),
        rate_per_s=answer.rates.get(_RATES.get(service_of(name), "")) if answer is not None else None,
        lag_ms=_lag_ms(name, answer, redis),
        memory_mb=resident_mb(Path(f"/proc/{info.pid}/statm")),
        shards=answer.shards if answer is not None else (),
        last_error=(answer.trouble if answer is not None else "") or last_error(name, crew.places, since=since),
    )


def _state(info: ProgramInfo, answer: Health | None) -> str:
    if info.statename == "STOPPING":
        return "stopping"
    if answer is None:
        return "starting" if info.statename == "STARTING" else "unwell"
    if answer.bus in {"degraded", "connecting", "stopped"}:
        return "degraded"
    if answer.status == "draining":
        return "draining"
    if answer.status != "ok":
        return "unwell"
    return "standby" if answer.bus == "standby" else "running"


def _lag_ms(name: str, answer: Health | None, redis: RedisFacts) -> int | None:
    if service_of(name) in redis.done:
        return redis.done[service_of(name)]
    return behind_ms(answer.positions, redis.newest) if answer is not None else None


def _cells(row: ServiceRow) -> tuple[str, ...]:
    return (
        row.service,
        f"{row.state} {','.join(map(str, row.shards))}".strip(),
        "-" if row.pid is None else str(row.pid),
        "-" if row.uptime_s is None else _span(row.uptime_s),
        "-" if row.rate_per_s is None else f"{row.rate_per_s:,.1f}",
        "-" if row.lag_ms is None else f"{row.lag_ms:,} ms",
        "-" if row.memory_mb is None else f"{row.memory_mb:.0f} MB",
        row.last_error,
    )


def _span(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return f"{days}d " * bool(days) + f"{hours}:{minutes:02d}:{rest:02d}"
