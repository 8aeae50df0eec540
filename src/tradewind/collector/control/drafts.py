"""Jobs and runs before they are written: their ids, whom each execution is meant for, which step comes next. Pure."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec

from tradewind.domain.job import KINDS, STREAM, JobState, Spread, WorkflowRun
from tradewind.errors import InputError, StateConflictError
from tradewind.stores.fleet import Draft

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tradewind.domain.job import JobPlan, Schedule, Step, Workflow
    from tradewind.stores.fleet import Running


def id_for(prefix: str, *words: str) -> str:
    """Return an id that the same words always give: the same request again is the same job."""
    digest = hashlib.sha256("\n".join(words).encode()).hexdigest()
    return f"{prefix}{digest[:16]}"


def meant_for(plan: JobPlan, admitted: Sequence[tuple[str, tuple[str, ...]]]) -> tuple[str, ...]:
    """Return the module of each execution, one empty name where anybody may do it.

    `admitted` are the ids and labels of those that may be told anything.

    Raises: InputError: it names a module that is not among them. StateConflictError: there is nobody to do it.
    """
    if plan.modules and plan.label:
        message = "a job goes to modules by name or to a label, not to both"
        raise InputError(message)
    known = {module_id for module_id, _ in admitted}
    strange = next((name for name in plan.modules if name not in known), None)
    if strange is not None:
        message = f"there is no admitted module {strange!r}"
        raise InputError(message)
    them = [
        module_id
        for module_id, labels in admitted
        if (module_id in plan.modules if plan.modules else not plan.label or plan.label in labels)
    ]
    if not them:
        message = f"no admitted module has the label {plan.label!r}" if plan.label else "no module is admitted yet"
        raise StateConflictError(message)
    if plan.spread is Spread.EACH:
        return tuple(them)
    return (plan.modules[0],) if len(plan.modules) == 1 else ("",)


def check_kind(plan: JobPlan, kinds: Sequence[str]) -> None:
    """Accept a kind that may be sent, with what belongs to it. Raises: InputError."""
    if plan.kind not in kinds:
        message = f"kind must be one of {', '.join(kinds)} (control.kinds), was {plan.kind!r}"
        raise InputError(message)
    if plan.collection != "realtime" and plan.kind in KINDS and plan.kind != "quotes":
        message = f"collection is of quotes: what a job of kind {plan.kind} finds is stored where it belongs"
        raise InputError(message)


def args_of(plan: JobPlan) -> dict[str, Any]:
    """Return a job's arguments as a module is told them: of each kind what concerns it."""
    args: dict[str, Any] = {"codes": list(plan.codes), "kind": plan.kind, "collection": plan.collection}
    if plan.kind == "kline":
        args |= {"bar": plan.bar, "count": plan.count}
    elif plan.kind == STREAM:
        args |= {"watch": plan.watch, "bar": plan.bar, "duration_s": plan.duration_s}
    return args


def run_of(workflow: Workflow, *, run_id: str, by: str, now: int) -> WorkflowRun:
    """Return a run of a workflow that has not begun its first step."""
    return WorkflowRun(
        run_id=run_id,
        workflow_id=workflow.workflow_id,
        state=JobState.RUNNING,
        step=-1,
        steps=workflow.steps,
        started_by=by,
        started_at=now,
    )


def next_step(running: Running, now: int) -> tuple[WorkflowRun, Step | None]:
    """Return a run as it goes on after its step has ended, and the step it begins, if it does."""
    run, number = running.run, running.run.step + 1
    is_good = running.ended is JobState.DONE
    if not is_good and (running.ended is JobState.CANCELLED or run.steps[run.step].on_failure == "stop"):
        error = running.error or f"step {number} was cancelled"
        return msgspec.structs.replace(run, state=running.ended, ended_at=now, error=error), None
    error = run.error or ("" if is_good else running.error)
    if number < len(run.steps):
        return msgspec.structs.replace(run, step=number, error=error), run.steps[number]
    state = JobState.FAILED if error else JobState.DONE
    return msgspec.structs.replace(run, state=state, ended_at=now, error=error), None


def begun_by(
    schedule: Schedule,
    workflows: Sequence[Workflow],
    who_may: Callable[[JobPlan], tuple[str, ...]],
    now: int,
) -> Draft | WorkflowRun:
    """Return what a schedule begins: the same time of it always gives the same id.

    Raises: InputError, StateConflictError: there is nobody to do it, or its workflow is gone.
    """
    own = id_for("s", schedule.name, str(schedule.next_at))
    by = f"schedule {schedule.name}"
    if schedule.plan is not None:
        return Draft(
            job_id=own, plan=schedule.plan, origin="schedule", origin_id=schedule.name, created_by=by, created_at=now,
            meant_for=who_may(schedule.plan),
        )  # fmt: skip
    workflow = next((one for one in workflows if one.workflow_id == schedule.workflow_id), None)
    if workflow is None:
        message = f"its workflow {schedule.workflow_id!r} is gone"
        raise InputError(message)
    return run_of(workflow, run_id=own, by=by, now=now)
