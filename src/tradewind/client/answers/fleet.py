"""Answers about collector modules, their jobs, schedules and workflows."""

from __future__ import annotations

import msgspec

from tradewind.domain.job import Execution, Job, Schedule, Workflow, WorkflowRun
from tradewind.domain.module import Module


class ServerRow(msgspec.Struct, frozen=True, kw_only=True):
    """One control server that shares the fleet."""

    instance: str
    address: str
    started_at: int
    beat_at: int
    modules: int = 0
    is_alive: bool = True


class ModulePage(msgspec.Struct, frozen=True):
    """A page of modules; `next` goes into `after` for the next, empty at the end."""

    modules: list[Module]
    next: str


class ModuleDetail(msgspec.Struct, frozen=True):
    """One module with its newest executions."""

    module: Module
    executions: list[Execution]


class KindList(msgspec.Struct, frozen=True):
    """The kinds of jobs that may be sent, the usual one first."""

    kinds: list[str]


class JobPage(msgspec.Struct, frozen=True):
    """A page of jobs, the newest first; `next` goes into `before`, empty at the end."""

    jobs: list[Job]
    next: str


class JobDetail(msgspec.Struct, frozen=True):
    """One job with a page of its executions; `next` goes into `after`, empty at the end."""

    job: Job
    executions: list[Execution]
    next: str


class ScheduleList(msgspec.Struct, frozen=True):
    """Every schedule."""

    schedules: list[Schedule]


class WorkflowList(msgspec.Struct, frozen=True):
    """Every workflow."""

    workflows: list[Workflow]


class RunList(msgspec.Struct, frozen=True):
    """Runs of workflows, the newest first."""

    runs: list[WorkflowRun]


class ServerList(msgspec.Struct, frozen=True):
    """The control servers of this fleet."""

    servers: list[ServerRow]


class Done(msgspec.Struct, frozen=True):
    """It was done, and there is nothing more to show."""

    done: bool = True
