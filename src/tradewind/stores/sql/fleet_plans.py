"""Schedules, workflows and their runs as rows: each begins, and goes on, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from sqlalchemy import delete, func, insert, select, update

from tradewind.domain.job import ENDED, JobState, Schedule, Workflow, WorkflowRun
from tradewind.errors import InputError, StateConflictError
from tradewind.stores.fleet import Running
from tradewind.stores.sql import fleet_jobs
from tradewind.stores.sql.fleet_tables import SCHEDULES, WORKFLOW_RUNS, WORKFLOWS

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from tradewind.stores.fleet import Draft

_S: Final = SCHEDULES.c
_W: Final = WORKFLOWS.c
_R: Final = WORKFLOW_RUNS.c
_MOST_RUNNING: Final = 200


def schedules(connection: Connection) -> list[Schedule]:
    """Return all, by name."""
    return [_schedule(row) for row in connection.execute(select(SCHEDULES).order_by(_S.name)).mappings()]


def put_schedule(connection: Connection, schedule: Schedule, *, most: int) -> Schedule:
    """Write one in place of the version that was seen."""
    own = _S.name == schedule.name
    found = connection.execute(select(_S.version).where(own).with_for_update()).scalar()
    if (found or 0) != schedule.version:
        message = f"schedule {schedule.name} is at version {found or 0}, you saw {schedule.version}; read it again"
        raise StateConflictError(message)
    if schedule.workflow_id and not _has(connection, schedule.workflow_id):
        message = f"there is no workflow {schedule.workflow_id!r}"
        raise InputError(message)
    new = msgspec.structs.replace(schedule, version=schedule.version + 1)
    row: dict[str, Any] = msgspec.to_builtins(new)
    if found is None:
        _refuse_more(connection.execute(select(func.count()).select_from(SCHEDULES)).scalar(), most, "schedules")
        connection.execute(insert(SCHEDULES).values(**row))
    else:
        for name in ("last_at", "last_job_id", "missed", "created_by"):
            del row[name]
        connection.execute(update(SCHEDULES).where(own).values(**row))
    return next(one for one in schedules(connection) if one.name == schedule.name)


def remove_schedule(connection: Connection, name: str, version: int) -> None:
    """Take one away."""
    found = connection.execute(select(_S.version).where(_S.name == name).with_for_update()).scalar()
    if found is None:
        message = f"there is no schedule {name!r}"
        raise InputError(message)
    if found != version:
        message = f"schedule {name} is at version {found}, you saw {version}; read it again"
        raise StateConflictError(message)
    connection.execute(delete(SCHEDULES).where(_S.name == name))


def due(connection: Connection, now: int) -> list[Schedule]:
    """Return those that should begin."""
    found = select(SCHEDULES).where(_S.is_enabled, _S.next_at > 0, _S.next_at <= now).order_by(_S.next_at).limit(200)
    return [_schedule(row) for row in connection.execute(found).mappings()]


def fire(connection: Connection, schedule: Schedule, *, next_at: int, job_id: str, now: int) -> bool:
    """Move a schedule to its next time, if nobody else has; with no job it was missed."""
    own = (_S.name == schedule.name, _S.next_at == schedule.next_at, _S.is_enabled)
    values: dict[Any, Any] = {_S.next_at: next_at}
    values |= {_S.last_at: now, _S.last_job_id: job_id} if job_id else {_S.missed: _S.missed + 1}
    return bool(connection.execute(update(SCHEDULES).where(*own).values(values)).rowcount)


def reschedule(connection: Connection, name: str, was: int, next_at: int) -> None:
    """Note when it is due."""
    connection.execute(update(SCHEDULES).where(_S.name == name, _S.next_at == was).values(next_at=next_at))


def workflows(connection: Connection) -> list[Workflow]:
    """Return all, by name."""
    found = connection.execute(select(WORKFLOWS).order_by(_W.name, _W.workflow_id)).mappings()
    return [msgspec.convert(_plain(row), Workflow) for row in found]


def create_workflow(connection: Connection, workflow: Workflow, *, most: int) -> tuple[Workflow, bool]:
    """Write one; return it as it stands, and whether it is new."""
    there = next((one for one in workflows(connection) if one.workflow_id == workflow.workflow_id), None)
    if there is not None:
        return there, False
    _refuse_more(connection.execute(select(func.count()).select_from(WORKFLOWS)).scalar(), most, "workflows")
    connection.execute(insert(WORKFLOWS).values(**msgspec.to_builtins(workflow)))
    return workflow, True


def remove_workflow(connection: Connection, workflow_id: str) -> None:
    """Take one away."""
    user = connection.execute(select(_S.name).where(_S.workflow_id == workflow_id).limit(1)).scalar()
    if user is not None:
        message = f"workflow {workflow_id} is begun by the schedule {user}; remove that first"
        raise StateConflictError(message)
    if not connection.execute(delete(WORKFLOWS).where(_W.workflow_id == workflow_id)).rowcount:
        message = f"there is no workflow {workflow_id!r}"
        raise InputError(message)


def begin_run(connection: Connection, run: WorkflowRun) -> tuple[WorkflowRun, bool]:
    """Write a run; return it as it stands, and whether it is new."""
    found = connection.execute(select(WORKFLOW_RUNS).where(_R.run_id == run.run_id)).mappings().first()
    if found is not None:
        return msgspec.convert(_plain(found), WorkflowRun), False
    connection.execute(insert(WORKFLOW_RUNS).values(**msgspec.to_builtins(run)))
    return run, True


def runs(connection: Connection, workflow_id: str, limit: int) -> list[WorkflowRun]:
    """Return the newest."""
    found = select(WORKFLOW_RUNS).order_by(_R.started_at.desc()).limit(limit)
    if workflow_id:
        found = found.where(_R.workflow_id == workflow_id)
    return [msgspec.convert(_plain(row), WorkflowRun) for row in connection.execute(found).mappings()]


def ended_steps(connection: Connection) -> list[Running]:
    """Return runs whose present job has ended, and those that have none yet."""
    found = select(WORKFLOW_RUNS).where(_R.state == JobState.RUNNING.value).order_by(_R.started_at)
    rows = connection.execute(found.limit(_MOST_RUNNING)).mappings()
    running = [msgspec.convert(_plain(row), WorkflowRun) for row in rows]
    jobs = {job.job_id: job for job in fleet_jobs.some(connection, [job_id_of(run) for run in running])}
    ended = []
    for run in running:
        job = jobs.get(job_id_of(run))
        if run.step < 0:
            ended.append(Running(run, JobState.DONE, ""))
        elif job is not None and job.state in ENDED:
            ended.append(Running(run, job.state, job.error))
    return ended


def advance(connection: Connection, run: WorkflowRun, to: WorkflowRun, draft: Draft | None) -> bool:
    """Go on with a run, if nobody else has."""
    own = (_R.run_id == run.run_id, _R.step == run.step, _R.state == JobState.RUNNING.value)
    values = {"step": to.step, "state": to.state.value, "ended_at": to.ended_at, "error": to.error}
    if not connection.execute(update(WORKFLOW_RUNS).where(*own).values(**values)).rowcount:
        return False
    if draft is not None:
        fleet_jobs.start(connection, draft)
    return True


def job_id_of(run: WorkflowRun) -> str:
    """Return the id of a run's present job."""
    return f"{run.run_id}-{run.step}"


def prune(connection: Connection, before: int) -> None:
    """Forget runs that ended before."""
    connection.execute(delete(WORKFLOW_RUNS).where(_R.ended_at > 0, _R.ended_at < before))


def _has(connection: Connection, workflow_id: str) -> bool:
    return connection.execute(select(_W.workflow_id).where(_W.workflow_id == workflow_id)).first() is not None


def _schedule(row: Any) -> Schedule:  # noqa: ANN401 - a row of SQLAlchemy's
    return msgspec.convert(_plain(row), Schedule)


def _refuse_more(there: int | None, most: int, what: str) -> None:
    if (there or 0) >= most:
        message = f"there are {there} {what} already, at most {most} are kept; remove one first"
        raise StateConflictError(message)


def _plain(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a row of SQLAlchemy's
    """Return a row by names; those that must be quoted come as a kind of text of SQLAlchemy's own."""
    return {str(name): value for name, value in row.items()}
