"""Collector modules over REST: who there is, what they are told to do and what came of it, by hand or by schedule."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Request, delete, get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter

from tradewind.api.admission import caller_of, signed_in
from tradewind.api.error_map import InvalidError
from tradewind.api.fleet_desk import FleetDesk
from tradewind.api.fleet_forms import JobForm, ModuleForm, ScheduleForm, WorkflowForm
from tradewind.api.idempotency import signed
from tradewind.api.injected import TheHouse
from tradewind.api.ports import House
from tradewind.api.strictness import strictly
from tradewind.domain import fleet
from tradewind.domain.job import JobState
from tradewind.domain.module import ModuleState
from tradewind.errors import SwitchedOffError

_SEES = signed_in(fleet.SEES)
_DOES = signed_in(fleet.DOES)
_TAGS = ["fleet"]
M = TypeVar("M", bound=msgspec.Struct)
Web = Request[Any, Any, Any]
InState = Annotated[
    ModuleState | None, QueryParameter(name="state", description="`pending`, `online`, `offline` or `retired`.")
]
JobInState = Annotated[
    JobState | None,
    QueryParameter(name="state", description="`waiting`, `running`, `done`, `failed` or `cancelled`."),
]
Words = Annotated[str, QueryParameter(max_length=100, description="Part of a name, a code, a label or an error.")]
OfLabel = Annotated[str, QueryParameter(pattern=r"^[A-Za-z0-9_.\-]{0,32}$", description="A label.")]
OfName = Annotated[str, QueryParameter(pattern=r"^[A-Za-z0-9_.\-]{0,64}$", description="An id.")]
Place = Annotated[str, QueryParameter(max_length=100, description="`next` of the page before; empty: the first.")]
Size = Annotated[int, QueryParameter(ge=1, le=500, description="Entries of a page.")]
Seen = Annotated[int, QueryParameter(ge=1, description="The version that was seen.")]


@get("/api/v1/modules", opt=_SEES, tags=_TAGS)
async def modules(
    *, request: Web, house: TheHouse, in_state: InState = None, label: OfLabel = "", search: Words = "",
    after: Place = "", limit: Size = 200,
) -> Any:  # noqa: ANN401 - the control server's own structs, here and below  # fmt: skip
    """List collector modules by id: whether each is connected, how busy it is, what it did last."""
    ask = fleet.AskModules(state=in_state, label=label, search=search, after=after, limit=limit)
    return await _answer(request, house, ask)


@get("/api/v1/modules/kinds", opt=_SEES, tags=_TAGS)
async def module_kinds(request: Web, house: TheHouse) -> Any:  # noqa: ANN401
    """List the kinds of jobs that may be sent, the usual one first (`control.kinds`)."""
    return await _answer(request, house, fleet.AskKinds())


@get("/api/v1/modules/{module_id:str}", opt=_SEES, tags=_TAGS)
async def module(request: Web, house: TheHouse, module_id: FromPath[str]) -> Any:  # noqa: ANN401
    """Return one module with its newest executions."""
    return await _answer(request, house, fleet.AskModule(module_id=module_id))


@put("/api/v1/modules/{module_id:str}", opt=_DOES, tags=_TAGS)
async def change_module(request: Web, house: TheHouse, module_id: FromPath[str], data: JSONBody[ModuleForm]) -> Any:  # noqa: ANN401
    """Call a module otherwise, or sort it otherwise; 409 when somebody changed it meanwhile."""
    form = await strictly(request, data)
    command = fleet.ChangeModule(module_id=module_id, name=form.name, labels=form.labels, version=form.version)
    return await _do(request, house, command)


@post("/api/v1/modules/{module_id:str}/admit", opt=_DOES, status_code=200, tags=_TAGS)
async def admit_module(request: Web, house: TheHouse, module_id: FromPath[str]) -> Any:  # noqa: ANN401
    """Let a module connect that registered from another machine."""
    return await _do(request, house, fleet.AdmitModule(module_id=module_id))


@post("/api/v1/modules/{module_id:str}/close", opt=_DOES, status_code=200, tags=_TAGS)
async def close_module(request: Web, house: TheHouse, module_id: FromPath[str]) -> Any:  # noqa: ANN401
    """Close a module's connection; it may come back."""
    return await _do(request, house, fleet.CloseModule(module_id=module_id))


@post("/api/v1/modules/{module_id:str}/shutdown", opt=_DOES, status_code=200, tags=_TAGS)
async def shut_module(request: Web, house: TheHouse, module_id: FromPath[str]) -> Any:  # noqa: ANN401
    """Tell a module to end its program."""
    return await _do(request, house, fleet.ShutModule(module_id=module_id))


@post("/api/v1/modules/{module_id:str}/retire", opt=_DOES, status_code=200, tags=_TAGS)
async def retire_module(request: Web, house: TheHouse, module_id: FromPath[str]) -> Any:  # noqa: ANN401
    """Void a module's hash for ever."""
    return await _do(request, house, fleet.RetireModule(module_id=module_id))


@get("/api/v1/control-servers", opt=_SEES, tags=_TAGS)
async def control_servers(request: Web, house: TheHouse) -> Any:  # noqa: ANN401
    """List the control servers that share the fleet."""
    return await _answer(request, house, fleet.AskServers())


@get("/api/v1/jobs", opt=_SEES, tags=_TAGS)
async def jobs(
    *, request: Web, house: TheHouse, in_state: JobInState = None, module_id: OfName = "", origin_id: Words = "",
    search: Words = "", before: Place = "", limit: Size = 50,
) -> Any:  # noqa: ANN401  # fmt: skip
    """List jobs, the newest first; `search` looks into kinds, codes, labels, who asked, and errors."""
    ask = fleet.AskJobs(
        state=in_state, module_id=module_id, origin_id=origin_id, search=search, before=before, limit=limit
    )
    return await _answer(request, house, ask)


@post("/api/v1/jobs", opt=_DOES, status_code=202, tags=_TAGS)
async def start_job(request: Web, house: TheHouse, data: JSONBody[JobForm]) -> Any:  # noqa: ANN401
    """Have something done by modules; it is on record, and does not wait to be done."""
    form = await strictly(request, data)
    return await _do(request, house, fleet.StartJob(plan=form.plan, request_id=_key(request)))


@get("/api/v1/jobs/{job_id:str}", opt=_SEES, tags=_TAGS)
async def job(*, request: Web, house: TheHouse, job_id: FromPath[str], after: Place = "", limit: Size = 100) -> Any:  # noqa: ANN401
    """Return one job with a page of its executions and their results."""
    return await _answer(request, house, fleet.AskJob(job_id=job_id, after=after, limit=limit))


@post("/api/v1/jobs/{job_id:str}/cancel", opt=_DOES, status_code=200, tags=_TAGS)
async def cancel_job(request: Web, house: TheHouse, job_id: FromPath[str]) -> Any:  # noqa: ANN401
    """End what of a job has not ended."""
    return await _do(request, house, fleet.CancelJob(job_id=job_id))


@get("/api/v1/schedules", opt=_SEES, tags=_TAGS)
async def schedules(request: Web, house: TheHouse) -> Any:  # noqa: ANN401
    """List schedules with when each is due next."""
    return await _answer(request, house, fleet.AskSchedules())


@put("/api/v1/schedules/{name:str}", opt=_DOES, tags=_TAGS)
async def put_schedule(request: Web, house: TheHouse, name: FromPath[str], data: JSONBody[ScheduleForm]) -> Any:  # noqa: ANN401
    """Make a schedule, or write it anew; 409 when somebody changed it meanwhile."""
    form = await strictly(request, data)
    command = fleet.PutSchedule(
        name=name, cadence=form.cadence, plan=form.plan, workflow_id=form.workflow_id, is_enabled=form.is_enabled,
        version=form.version,
    )  # fmt: skip
    return await _do(request, house, command)


@delete("/api/v1/schedules/{name:str}", opt=_DOES, status_code=200, tags=_TAGS)
async def remove_schedule(request: Web, house: TheHouse, name: FromPath[str], version: Seen) -> Any:  # noqa: ANN401
    """Take a schedule away."""
    return await _do(request, house, fleet.RemoveSchedule(name=name, version=version))


@post("/api/v1/schedules/reload", opt=_DOES, status_code=200, tags=_TAGS)
async def reload_schedules(request: Web, house: TheHouse) -> Any:  # noqa: ANN401
    """Reckon anew when each is due: a trading calendar may have changed."""
    return await _do(request, house, fleet.ReloadSchedules())


@get("/api/v1/workflows", opt=_SEES, tags=_TAGS)
async def workflows(request: Web, house: TheHouse) -> Any:  # noqa: ANN401
    """List workflows."""
    return await _answer(request, house, fleet.AskWorkflows())


@post("/api/v1/workflows", opt=_DOES, status_code=201, tags=_TAGS)
async def create_workflow(request: Web, house: TheHouse, data: JSONBody[WorkflowForm]) -> Any:  # noqa: ANN401
    """Write a workflow: jobs that follow one another."""
    form = await strictly(request, data)
    command = fleet.CreateWorkflow(name=form.name, steps=form.steps, request_id=_key(request))
    return await _do(request, house, command)


@delete("/api/v1/workflows/{workflow_id:str}", opt=_DOES, status_code=200, tags=_TAGS)
async def remove_workflow(request: Web, house: TheHouse, workflow_id: FromPath[str]) -> Any:  # noqa: ANN401
    """Take a workflow away; runs that are under way go on."""
    return await _do(request, house, fleet.RemoveWorkflow(workflow_id=workflow_id))


@post("/api/v1/workflows/{workflow_id:str}/execute", opt=_DOES, status_code=202, tags=_TAGS)
async def run_workflow(request: Web, house: TheHouse, workflow_id: FromPath[str]) -> Any:  # noqa: ANN401
    """Begin a workflow."""
    return await _do(request, house, fleet.RunWorkflow(workflow_id=workflow_id, request_id=_key(request)))


@get("/api/v1/workflow-runs", opt=_SEES, tags=_TAGS)
async def workflow_runs(*, request: Web, house: TheHouse, workflow_id: OfName = "", limit: Size = 50) -> Any:  # noqa: ANN401
    """List the newest runs, of one workflow or of all."""
    return await _answer(request, house, fleet.AskRuns(workflow_id=workflow_id, limit=limit))


async def _answer(request: Web, house: House, question: fleet.FleetQuestion) -> object:
    return await fleet_of(house).answer(_checked(question), caller_of(request).principal)


async def _do(request: Web, house: House, command: fleet.FleetCommand) -> object:
    return await fleet_of(house).carry_out(_checked(command), caller_of(request).principal)


def _key(request: Web) -> str:
    return signed(request, needs_key=True).request_id


def _checked(message: M) -> M:
    """Return a message whose every field may be as it is; parts of a path are any text.

    Raises: InvalidError: 422 with the first that may not.
    """
    try:
        return msgspec.convert(msgspec.to_builtins(message), type(message))
    except msgspec.ValidationError as error:
        raise InvalidError(str(error), field=str(error).rpartition("`$.")[2].rstrip("`") or "path") from error


def fleet_of(house: House) -> FleetDesk:
    """Return who answers about the fleet.

    Raises: SwitchedOffError: nobody does here.
    """
    if house.fleet is None:
        message = "there is no control server of collector modules here: control.enabled is off"
        raise SwitchedOffError(message)
    return house.fleet


FLEET_ROUTES = (
    modules, module_kinds, module, change_module, admit_module, close_module, shut_module, retire_module,
    control_servers,
    jobs, start_job, job, cancel_job,
    schedules, reload_schedules, put_schedule, remove_schedule,
    workflows, create_workflow, remove_workflow, run_workflow, workflow_runs,
)  # fmt: skip
