"""Jobs of the fleet: what modules are told to do, in executions of which each ends once, whoever does it.

A job names codes and those who may do it. Each execution is given to one module under a lease; when the lease is lost
it is given to another under the next number. Its id stays: whichever result comes first is its result for good.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

CODE: Final = r"^[A-Z0-9]{1,12}(\.[A-Z0-9]{1,4}){0,2}$"
"""A code as data vendors write it: TSLA.US, 00700.HK, USDCNY; never a character of a path."""
_CODE: Final = re.compile(CODE)
NAME: Final = r"^[A-Za-z0-9_.\-]{1,64}$"
LABEL: Final = r"^[A-Za-z0-9_.\-]{1,32}$"
MOST_CODES: Final = 2_000
STREAM: Final = "stream"
"""The kind of job that lasts: what is pushed is stored until its time is over, or it is cancelled."""
KINDS: Final = ("quotes", "depth", "kline", STREAM)
"""Kinds of jobs that our own modules know."""
BarLength = Literal["1m", "5m", "15m", "30m", "1h", "2h", "4h", "1d", "1w", "1mo", "1q", "1y"]
Watched = Literal["trade", "depth", "kline"]
MOST_BARS: Final = 500
LONGEST_STREAM_S: Final = 7 * 86_400
_UNTIL_TOLD_S: Final = 10 * 365 * 86_400
"""The limit of a stream that has none."""

Code = Annotated[str, Meta(pattern=CODE)]
Name = Annotated[str, Meta(pattern=NAME, description="letters, digits, `_`, `.` and `-`, at most 64")]
Label = Annotated[str, Meta(pattern=LABEL, description="letters, digits, `_`, `.` and `-`, at most 32")]
NameOrNone = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.\-]{0,64}$")]
LabelOrNone = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.\-]{0,32}$")]
Kind = Annotated[str, Meta(pattern=r"^[a-z][a-z_]{0,31}$", description="a kind of job that control.kinds names")]


class Spread(StrEnum):
    """How a job is shared out among those it may go to."""

    ANY = "any"
    """One execution: whoever is free does it; if it falls silent, another."""
    EACH = "each"
    """One execution for each of them, which nobody else does."""


class JobPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be done, and by whom: modules named, or those with the label; with neither, whoever is admitted.

    `collection` is of quotes; books and bars have collections of their own. `bar` is of bars and of streams of them,
    `count` of bars, `watch` and `duration_s` are of streams.
    """

    kind: Kind = "quotes"
    codes: Annotated[tuple[Code, ...], Meta(min_length=1, max_length=MOST_CODES)]
    collection: Literal["realtime", "close"] = "realtime"
    bar: Annotated[BarLength, Meta(description="length of the bars of a kline job, or of a stream of them")] = "1m"
    count: Annotated[
        int, Meta(ge=1, le=MOST_BARS, description="newest bars of each code that a kline job asks for")
    ] = 1
    watch: Annotated[Watched, Meta(description="what a stream stores of all that is pushed")] = "trade"
    duration_s: Annotated[
        int, Meta(ge=0, le=LONGEST_STREAM_S, description="seconds a stream lasts; 0: until it is cancelled")
    ] = 0
    modules: Annotated[tuple[Name, ...], Meta(max_length=5_000)] = ()
    label: LabelOrNone = ""
    spread: Spread = Spread.ANY
    timeout_s: Annotated[int, Meta(ge=5, le=86_400, description="seconds a module may take before it is given up")] = (
        300
    )
    attempts: Annotated[int, Meta(ge=1, le=10, description="modules that may be tried, or times the same one")] = 3

    @property
    def limit_s(self) -> int:
        """Seconds a module may have it: a stream as long as it lasts, and then as long as any job."""
        if self.kind != STREAM:
            return self.timeout_s
        return self.duration_s + self.timeout_s if self.duration_s else _UNTIL_TOLD_S


class JobState(StrEnum):
    """Where a job stands; the last three are final."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    """All its executions have ended, and not each of them well."""
    CANCELLED = "cancelled"


class ExecutionState(StrEnum):
    """Where an execution stands; the last three are final."""

    WAITING = "waiting"
    SENT = "sent"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED: Final = frozenset({JobState.DONE, JobState.FAILED, JobState.CANCELLED})
Origin = Literal["api", "legacy", "schedule", "workflow"]


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A job with how far it is; times are ns UTC, 0 for not yet."""

    job_id: str
    plan: JobPlan
    state: JobState
    origin: Origin
    origin_id: str = ""
    """The schedule's name, or the workflow run's id."""
    created_by: str
    created_at: int
    ended_at: int = 0
    executions: int
    waiting: int
    running: int = 0
    done: int = 0
    failed: int = 0
    error: str = ""
    """Of the first that failed."""
    version: int = 1


class Execution(msgspec.Struct, frozen=True, kw_only=True):
    """One execution; `lease` counts how often it was given to somebody."""

    execution_id: str
    job_id: str
    module_id: str = ""
    """Who has it or had it last; before that, whom it is meant for, empty for anybody."""
    state: ExecutionState = ExecutionState.WAITING
    lease: int = 0
    sent_at: int = 0
    ended_at: int = 0
    progress: str = ""
    result: Any = None
    error: str = ""
    is_late: bool = False
    """Its result came when its lease was lost already, before anybody else's."""


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step of a workflow: a job; the next begins when all of it has ended."""

    plan: JobPlan
    name: Annotated[str, Meta(max_length=64)] = ""
    on_failure: Literal["stop", "continue"] = "stop"


Steps = Annotated[tuple[Step, ...], Meta(min_length=1, max_length=32)]


class Workflow(msgspec.Struct, frozen=True, kw_only=True):
    """Jobs that follow one another."""

    workflow_id: str
    name: str
    steps: tuple[Step, ...]
    created_by: str
    created_at: int
    version: int = 1


class WorkflowRun(msgspec.Struct, frozen=True, kw_only=True):
    """One time a workflow was executed, with the steps it had then; job k of it is `run_id-k`."""

    run_id: str
    workflow_id: str
    state: JobState
    step: int
    steps: tuple[Step, ...]
    started_by: str
    started_at: int
    ended_at: int = 0
    error: str = ""


class CronCadence(msgspec.Struct, frozen=True, tag="cron", tag_field="every", forbid_unknown_fields=True):
    """By the clock: five fields of cron, in the time of `zone`."""

    cron: Annotated[str, Meta(min_length=9, max_length=120)]
    zone: Annotated[str, Meta(min_length=1, max_length=64)] = "Asia/Shanghai"


class MarketCadence(msgspec.Struct, frozen=True, tag="trading_day", tag_field="every", forbid_unknown_fields=True):
    """By the market: so many minutes after (or, below zero, before) a contract's trading day opens or closes."""

    instrument_id: Annotated[str, Meta(min_length=3, max_length=40)]
    anchor: Literal["open", "close"] = "close"
    minutes: Annotated[int, Meta(ge=-600, le=600)] = 0


Cadence = CronCadence | MarketCadence


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """A job, or a workflow, that begins by itself; times are ns UTC, 0 for never."""

    name: str
    cadence: Cadence
    plan: JobPlan | None = None
    workflow_id: str = ""
    is_enabled: bool = True
    next_at: int = 0
    last_at: int = 0
    last_job_id: str = ""
    missed: int = 0
    """Times it was due while no control server ran, and was let pass."""
    created_by: str = ""
    version: int = 1


def bad_code(codes: tuple[str, ...]) -> str | None:
    """Return the first that is no code."""
    return next((code for code in codes if _CODE.fullmatch(code) is None), None)
