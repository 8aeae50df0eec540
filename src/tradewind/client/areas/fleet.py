"""Collector modules: who there is, what they are told to do and what came of it, by hand, by schedule, in workflows."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from tradewind.client.answers.fleet import (
    Done,
    JobDetail,
    JobPage,
    KindList,
    ModuleDetail,
    ModulePage,
    RunList,
    ScheduleList,
    ServerList,
    WorkflowList,
)
from tradewind.client.calls import Call, Pages, act, ask, at
from tradewind.client.modes import Area, M, paged, route
from tradewind.domain.job import Cadence, Job, JobPlan, JobState, Schedule, Step, Workflow, WorkflowRun
from tradewind.domain.module import Module, ModuleState

_MODULE = "/api/v1/modules/{}"
_JOB = "/api/v1/jobs/{}"
_SCHEDULE = "/api/v1/schedules/{}"
_WORKFLOW = "/api/v1/workflows/{}"


class Fleet(Area[M]):
    """Seeing needs `system`, telling needs `operate`."""

    @paged
    def modules(
        self, *, state: ModuleState | None = None, label: str = "", search: str = "", page_size: int = 200
    ) -> Pages[Module]:
        """Go through the modules by id."""
        page = partial(ask, "/api/v1/modules", ModulePage, state=state, label=label, search=search, limit=page_size)
        return Pages(
            page=lambda after: page(after=after), rows=lambda told: told.modules, next_of=lambda told: told.next
        )

    @route
    def module(self, module_id: str) -> Call[ModuleDetail]:
        """Return one module with its newest executions."""
        return ask(at(_MODULE, module_id), ModuleDetail)

    @route
    def change(self, module_id: str, *, name: str, version: int, labels: Sequence[str] = ()) -> Call[Module]:
        """Call a module otherwise, or sort it otherwise."""
        body = {"name": name, "version": version, "labels": labels}
        return act(at(_MODULE, module_id), Module, body, method="PUT")

    @route
    def admit(self, module_id: str) -> Call[Module]:
        """Let a module connect that registered from another machine."""
        return act(at(f"{_MODULE}/admit", module_id), Module)

    @route
    def close(self, module_id: str) -> Call[Module]:
        """Close a module's connection; it may come back."""
        return act(at(f"{_MODULE}/close", module_id), Module)

    @route
    def shutdown(self, module_id: str) -> Call[Module]:
        """Tell a module to end its program."""
        return act(at(f"{_MODULE}/shutdown", module_id), Module)

    @route
    def retire(self, module_id: str) -> Call[Module]:
        """Void a module's hash for ever."""
        return act(at(f"{_MODULE}/retire", module_id), Module)

    @route
    def kinds(self) -> Call[KindList]:
        """List the kinds of jobs that may be sent, the usual one first."""
        return ask("/api/v1/modules/kinds", KindList)

    @route
    def servers(self) -> Call[ServerList]:
        """List the control servers that share the fleet."""
        return ask("/api/v1/control-servers", ServerList)

    @paged
    def jobs(
        self,
        *,
        state: JobState | None = None,
        module_id: str = "",
        origin_id: str = "",
        search: str = "",
        page_size: int = 50,
    ) -> Pages[Job]:
        """Go through the jobs, the newest first."""
        page = partial(
            ask,
            "/api/v1/jobs",
            JobPage,
            state=state,
            module_id=module_id,
            origin_id=origin_id,
            search=search,
            limit=page_size,
        )
        return Pages(
            page=lambda before: page(before=before), rows=lambda told: told.jobs, next_of=lambda told: told.next
        )

    @route
    def job(self, job_id: str, *, after: str = "", limit: int = 100) -> Call[JobDetail]:
        """Return one job with a page of its executions and their results."""
        return ask(at(_JOB, job_id), JobDetail, after=after, limit=limit)

    @route
    def start_job(self, plan: JobPlan, *, key: str = "") -> Call[Job]:
        """Have something done by modules; it is on record, and does not wait to be done."""
        return act("/api/v1/jobs", Job, {"plan": plan}, key=key)

    @route
    def cancel_job(self, job_id: str) -> Call[Job]:
        """End what of a job has not ended."""
        return act(at(f"{_JOB}/cancel", job_id), Job)

    @route
    def schedules(self) -> Call[ScheduleList]:
        """List schedules with when each is due next."""
        return ask("/api/v1/schedules", ScheduleList)

    @route
    def put_schedule(
        self,
        name: str,
        cadence: Cadence,
        *,
        plan: JobPlan | None = None,
        workflow_id: str = "",
        is_enabled: bool = True,
        version: int = 0,
    ) -> Call[Schedule]:
        """Make a schedule of a job or of a workflow, or write it anew; `version` 0 makes a new one."""
        body = {
            "cadence": cadence,
            "plan": plan,
            "workflow_id": workflow_id,
            "is_enabled": is_enabled,
            "version": version,
        }
        return act(at(_SCHEDULE, name), Schedule, body, method="PUT")

    @route
    def remove_schedule(self, name: str, *, version: int) -> Call[Done]:
        """Take a schedule away."""
        return act(f"{at(_SCHEDULE, name)}?version={version}", Done, method="DELETE")

    @route
    def workflows(self) -> Call[WorkflowList]:
        """List workflows."""
        return ask("/api/v1/workflows", WorkflowList)

    @route
    def write_workflow(self, name: str, steps: Sequence[Step], *, key: str = "") -> Call[Workflow]:
        """Write a workflow: jobs that follow one another."""
        return act("/api/v1/workflows", Workflow, {"name": name, "steps": steps}, key=key)

    @route
    def remove_workflow(self, workflow_id: str) -> Call[Done]:
        """Take a workflow away; runs that are under way go on."""
        return act(at(_WORKFLOW, workflow_id), Done, method="DELETE")

    @route
    def run_workflow(self, workflow_id: str, *, key: str = "") -> Call[WorkflowRun]:
        """Begin a workflow."""
        return act(at(f"{_WORKFLOW}/execute", workflow_id), WorkflowRun, key=key)

    @route
    def runs(self, *, workflow_id: str = "", limit: int = 50) -> Call[RunList]:
        """List the newest runs, of one workflow or of all."""
        return ask("/api/v1/workflow-runs", RunList, workflow_id=workflow_id, limit=limit)
