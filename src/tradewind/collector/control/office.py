"""Where the fleet is asked and told: by REST, by the old routes, in this process or from another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tradewind.collector.control import answers
from tradewind.collector.control.cadence import next_time
from tradewind.collector.control.drafts import check_kind, id_for, meant_for, run_of
from tradewind.domain import fleet
from tradewind.domain.job import CronCadence, JobPlan, Schedule, Workflow
from tradewind.domain.module import Module, ModuleState
from tradewind.domain.rights import lacks
from tradewind.errors import InputError, NotAllowedError, StateConflictError, TransientError
from tradewind.kernel.clock import NS_PER_S
from tradewind.kernel.ids import new_epoch
from tradewind.stores.fleet import Draft

if TYPE_CHECKING:
    from tradewind.collector.control.means import Means
    from tradewind.domain.job import Job, Origin, WorkflowRun
    from tradewind.domain.rights import Permission, Principal

_ALIVE_BEATS: Final = 4


class FleetOffice:
    """Answers questions and carries out commands; everything is on record when it returns."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._settings = means.settings

    async def answer(self, question: fleet.FleetQuestion, who: Principal) -> object:
        """Return what was asked for.

        Raises: InputError: there is no such thing. NotAllowedError: it is not theirs to see. TransientError: not now.
        """
        self._require(who, fleet.SEES)
        store, call = self._means.store, self._means.call
        match question:
            case fleet.AskModules():
                modules = await call(store.modules, question)
                is_full = len(modules) == question.limit
                return answers.ModulePage(modules, modules[-1].module_id if is_full else "")
            case fleet.AskModule(module_id=module_id):
                module = await self._module(module_id)
                return answers.ModuleDetail(module, await call(store.executions, module_id=module_id, limit=50))
            case fleet.AskKinds():
                return answers.KindList(list(self._settings.kinds))
            case fleet.AskJobs():
                return answers.JobPage(*await call(store.jobs, question))
            case fleet.AskJob():
                return await self._job(question)
            case _:
                return await self._lists(question)

    async def carry_out(self, command: fleet.FleetCommand, who: Principal, *, source: Origin = "api") -> object:
        """Do it, once for each `request_id`; it is on record when this returns.

        Raises:
            InputError: it names what there is not. StateConflictError: it cannot be done as things stand.
            NotAllowedError: not by them. TransientError: not now.
        """
        self._require(who, fleet.DOES)
        by = who.username
        match command:
            case fleet.StartJob(plan=plan):
                return await self.start(plan, by=by, source=source, key=command.request_id)
            case fleet.CancelJob(job_id=job_id):
                act = self._means.act("job_cancelled", job_id, actor=by, source=source)
                job = await self._means.call(self._means.store.cancel, job_id, self._now(), act)
                self._means.news.of_jobs(job_id)
                return job
            case (
                fleet.PutSchedule()
                | fleet.RemoveSchedule()
                | fleet.ReloadSchedules()
                | fleet.CreateWorkflow()
                | fleet.RemoveWorkflow()
                | fleet.RunWorkflow()
            ):
                return await self._plan(command, by, source)
            case _:
                return await self._of_module(command, by, source)

    async def start(self, plan: JobPlan, *, by: str, source: Origin, key: str = "") -> Job:
        """Write a job. Raises: InputError, StateConflictError: it cannot be as it is, or there are too many."""
        means, store = self._means, self._means.store
        check_kind(plan, self._settings.kinds)
        whom = await self.who_may(plan)
        there = await means.call(store.open_jobs)
        if there >= self._settings.max_open_jobs:
            message = f"{there} jobs wait or run already; control.max_open_jobs is {self._settings.max_open_jobs}"
            raise StateConflictError(message)
        job_id = id_for("j", by, key or new_epoch())
        draft = Draft(
            job_id=job_id, plan=plan, origin=source, origin_id="", created_by=by, created_at=self._now(),
            meant_for=whom,
        )  # fmt: skip
        act = means.act("job_started", job_id, actor=by, source=source, after=plan)
        job = await means.call(store.start, draft, act)
        means.news.of_jobs(job_id)
        means.news.work.set()
        return job

    async def who_may(self, plan: JobPlan) -> tuple[str, ...]:
        """Return the module each execution is meant for. Raises: as `drafts.meant_for`."""
        return meant_for(plan, await self.admitted())

    async def admitted(self) -> list[tuple[str, tuple[str, ...]]]:
        """Return the ids and labels of modules that may be told anything."""
        return await self._means.call(self._means.store.admitted)

    async def module(self, module_id: str) -> Module:
        """Return a module. Raises: InputError: there is none."""
        return await self._module(module_id)

    def alive_since(self) -> int:
        """Return the moment after which a living server has given a sign."""
        return self._now() - round(_ALIVE_BEATS * self._settings.beat_s * NS_PER_S)

    async def _lists(
        self, question: fleet.AskSchedules | fleet.AskWorkflows | fleet.AskRuns | fleet.AskServers
    ) -> object:
        store, call = self._means.store, self._means.call
        match question:
            case fleet.AskSchedules():
                return answers.ScheduleList(await call(store.schedules))
            case fleet.AskWorkflows():
                return answers.WorkflowList(await call(store.workflows))
            case fleet.AskRuns(workflow_id=workflow_id, limit=limit):
                return answers.RunList(await call(store.runs, workflow_id, limit))
            case fleet.AskServers():
                return answers.ServerList(await call(store.servers, alive_since=self.alive_since()))

    async def _job(self, question: fleet.AskJob) -> answers.JobDetail:
        store, call = self._means.store, self._means.call
        found = await call(store.some_jobs, (question.job_id,))
        if not found:
            message = f"there is no job {question.job_id!r}"
            raise InputError(message)
        page = await call(store.executions, job_id=question.job_id, after=question.after, limit=question.limit)
        is_full = len(page) == question.limit
        return answers.JobDetail(found[0], page, page[-1].execution_id if is_full else "")

    async def _module(self, module_id: str) -> Module:
        found = await self._means.call(self._means.store.some_modules, (module_id,))
        if not found:
            message = f"there is no module {module_id!r}"
            raise InputError(message)
        return found[0]

    async def _of_module(self, command: Any, by: str, source: str) -> Module:  # noqa: ANN401 - what is left of the union
        module_id: str = command.module_id
        values, version, action = _change_of(command)
        if action in {"module_shut_down", "module_closed"} and not (await self._module(module_id)).instance:
            message = f"module {module_id} is not connected"
            raise StateConflictError(message)
        act = self._means.act(action, module_id, actor=by, source=source, after=values)
        change = self._means.store.change_module
        module = await self._means.call(change, module_id, values, version=version, act=act)
        self._means.news.of_modules(module_id)
        self._means.news.work.set()
        return module

    async def _plan(self, command: Any, by: str, source: str) -> object:  # noqa: ANN401 - some of the union
        means, store = self._means, self._means.store
        match command:
            case fleet.PutSchedule():
                schedule = await self._schedule(command, by)
                act = means.act("schedule_written", command.name, actor=by, source=source, after=command)
                return await means.call(store.put_schedule, schedule, act, most=self._settings.max_plans)
            case fleet.RemoveSchedule(name=name, version=version):
                act = means.act("schedule_removed", name, actor=by, source=source)
                await means.call(store.remove_schedule, name, version, act)
            case fleet.ReloadSchedules():
                return answers.ScheduleList(await self.reload())
            case fleet.CreateWorkflow(name=name, steps=steps):
                for step in steps:
                    check_kind(step.plan, self._settings.kinds)
                workflow = Workflow(
                    workflow_id=id_for("w", by, command.request_id or new_epoch()), name=name, steps=steps,
                    created_by=by, created_at=self._now(),
                )  # fmt: skip
                act = means.act("workflow_created", workflow.workflow_id, actor=by, source=source, after=command)
                return await means.call(store.create_workflow, workflow, act, most=self._settings.max_plans)
            case fleet.RemoveWorkflow(workflow_id=workflow_id):
                act = means.act("workflow_removed", workflow_id, actor=by, source=source)
                await means.call(store.remove_workflow, workflow_id, act)
            case fleet.RunWorkflow(workflow_id=workflow_id):
                return await self._run(workflow_id, by=by, source=source, key=command.request_id)
            case _:
                pass
        return answers.Done()

    async def _run(self, workflow_id: str, *, by: str, source: str, key: str) -> WorkflowRun:
        means, store = self._means, self._means.store
        workflows = await means.call(store.workflows)
        workflow = next((one for one in workflows if one.workflow_id == workflow_id), None)
        if workflow is None:
            message = f"there is no workflow {workflow_id!r}"
            raise InputError(message)
        run = run_of(workflow, run_id=id_for("r", by, key or new_epoch()), by=by, now=self._now())
        act = means.act("workflow_started", run.run_id, actor=by, source=source, after={"workflow": workflow_id})
        begun = await means.call(store.begin_run, run, act)
        means.news.step.set()
        return begun

    async def _schedule(self, command: fleet.PutSchedule, by: str) -> Schedule:
        """Return the schedule that a command wants, with its next time. Raises: InputError: it cannot be."""
        if (command.plan is None) == (not command.workflow_id):
            message = "a schedule begins either a job (plan) or a workflow (workflow_id)"
            raise InputError(message)
        if command.plan is not None:
            check_kind(command.plan, self._settings.kinds)
        next_at = next_time(command.cadence, self._now(), self._means.hours)
        return Schedule(
            name=command.name,
            cadence=command.cadence,
            plan=command.plan,
            workflow_id=command.workflow_id,
            is_enabled=command.is_enabled,
            next_at=next_at,
            created_by=by,
            version=command.version,
        )

    async def reload(self) -> list[Schedule]:
        """Reckon anew when each schedule of the market is due; those of the clock stay as they are."""
        means, store = self._means, self._means.store
        for schedule in await means.call(store.schedules):
            if not isinstance(schedule.cadence, CronCadence) and schedule.next_at > self._now():
                next_at = next_time(schedule.cadence, self._now(), means.hours)
                await means.call(store.reschedule, schedule.name, schedule.next_at, next_at)
        return await means.call(store.schedules)

    def _now(self) -> int:
        return self._means.clock.now_ns()

    def _require(self, who: Principal, permission: Permission) -> None:
        if not who.may_somewhere(permission):
            raise NotAllowedError(lacks(permission))
        if self._means.closed is not None:
            message = f"the control server does not answer now: {self._means.closed}"
            raise TransientError(message)


def _change_of(command: Any) -> tuple[dict[str, Any], int | None, str]:  # noqa: ANN401 - some of the union
    """Return the columns that a command writes, the version it saw, and what it is called on the record."""
    match command:
        case fleet.AdmitModule():
            return {"standing": "admitted"}, None, "module_admitted"
        case fleet.RetireModule():
            return {"standing": ModuleState.RETIRED.value, "wish": "close"}, None, "module_retired"
        case fleet.CloseModule():
            return {"wish": "close"}, None, "module_closed"
        case fleet.ShutModule():
            return {"wish": "shut"}, None, "module_shut_down"
        case _:
            values = {"name": command.name, "labels": list(dict.fromkeys(command.labels))}
            return values, command.version, "module_changed"
