"""The control server's old routes, as clients of system 002 use them: their bodies, and their envelope of answers.

Modules are named by their id; the hash, which is a secret, is taken in its place but never shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.collector import protocol_jobs, protocol_registration
from tradewind.collector.protocol_reading import shown
from tradewind.domain.job import JobPlan, Step
from tradewind.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradewind.domain.job import Job, Schedule, Workflow
    from tradewind.domain.module import Module

OFFLINE: Final = "3002"
"""Code of an answer that is no success; system 002 uses it for a module that is not there, and so do we for all."""
_NAMES: Final = ("hash", "module_hash", "moduleHash", "module_id", "moduleId")


def envelope(result: Any = None) -> bytes:  # noqa: ANN401 - any JSON
    """Return a good answer."""
    return msgspec.json.encode(protocol_registration.envelope(result))


def refusal(message: str) -> bytes:
    """Return an answer that is no success."""
    return msgspec.json.encode(protocol_registration.envelope(None, code=OFFLINE, message=message))


def body_of(raw: bytes) -> dict[str, Any]:
    """Read a body. Raises: InputError: it is no JSON object."""
    try:
        found = msgspec.json.decode(raw or b"{}")
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        message = f"the body must be a JSON object: {error}"
        raise InputError(message) from error
    if not isinstance(found, dict):
        message = f"the body must be a JSON object, was {shown(found)}"
        raise InputError(message)
    return found


def module_named(body: Mapping[str, Any]) -> str:
    """Return what a body calls a module by. Raises: InputError: nothing it could be called by."""
    named = next((body[name] for name in _NAMES if name in body), None)
    if not protocol_registration.is_hash(named):
        message = f"hash must name a module, as GET /module/online lists them, was {shown(named)}"
        raise InputError(message)
    return str(named)


def command_in(body: Mapping[str, Any], module_id: str) -> JobPlan | None:
    """Return the job that `message` asks for, `None` where it asks to shut down.

    Raises: InputError: it asks for anything else.
    """
    said = body.get("message", body.get("data", {}))
    if isinstance(said, str):
        said = body_of(said.encode())
    if isinstance(said, dict) and "type" not in said and isinstance(said.get("message"), dict):
        said = said["message"]
    verb = said.get("type") if isinstance(said, dict) else None
    if verb == "shutdown":
        return None
    if verb != "execute":
        message = f"message.type must be execute or shutdown, was {shown(verb)}"
        raise InputError(message)
    return _plan(said.get("args"), modules=(module_id,))


def _plan(args: Any, *, modules: tuple[str, ...] = (), label: str = "") -> JobPlan:  # noqa: ANN401 - what stands in a body
    job = protocol_jobs.job_of(args if isinstance(args, dict) else {})
    if isinstance(job, str):
        raise InputError(job)
    wanted = {
        "kind": job.kind, "codes": job.codes, "collection": job.collection, "bar": job.bar, "count": job.count,
        "watch": job.watch, "duration_s": job.duration_s, "modules": modules, "label": label,
    }  # fmt: skip
    plan: JobPlan = _converted(wanted, JobPlan)
    return plan


def steps_in(body: Mapping[str, Any], id_of: Mapping[str, str]) -> tuple[Step, ...]:
    """Return the steps of a workflow: each names a module or a label, and the codes of its job.

    `id_of` maps what modules are called by to their ids. Raises: InputError.
    """
    given = body.get("steps", body.get("modules", body.get("nodes")))
    if not isinstance(given, list) or not 1 <= len(given) <= 32:  # noqa: PLR2004 - as `domain.job.Steps`
        message = "steps must be a list of 1 to 32, each with hash or label, and args.codes"
        raise InputError(message)
    steps = []
    for one in given:
        if not isinstance(one, dict):
            message = f"a step must be a JSON object, was {shown(one)}"
            raise InputError(message)
        label = one.get("label") or ""
        modules = () if label else (id_of.get(module_named(one), module_named(one)),)
        name = one.get("name") or ""
        steps.append(_converted({"name": name, "plan": _plan(one.get("args"), modules=modules, label=label)}, Step))
    return tuple(steps)


def names_in(body: Mapping[str, Any]) -> list[str]:
    """Return what the steps of a workflow call modules by."""
    given = body.get("steps", body.get("modules", body.get("nodes")))
    return (
        [module_named(one) for one in given if isinstance(one, dict) and not one.get("label")]
        if isinstance(given, list)
        else []
    )


def shown_module(module: Module) -> dict[str, Any]:
    """Return a module as the list of those online has it."""
    return {
        "hash": module.module_id,
        "name": module.name,
        "description": module.description,
        "modelHash": module.program,
        "ip": module.peer,
        "status": module.state.value,
        "load": module.load,
        "connectTime": module.connected_at // 1_000_000,
    }


def shown_job(job: Job) -> dict[str, Any]:
    """Return a job as who sent a message hears of it."""
    return {"job_id": job.job_id, "execution_id": f"{job.job_id}-00000", "status": job.state.value}


def shown_workflow(workflow: Workflow) -> dict[str, Any]:
    """Return a workflow as the list has it."""
    return {
        "id": workflow.workflow_id,
        "name": workflow.name,
        "createTime": workflow.created_at // 1_000_000,
        "steps": [msgspec.to_builtins(step) for step in workflow.steps],
    }


def shown_schedule(schedule: Schedule) -> dict[str, Any]:
    """Return a schedule as the list of the scheduler's jobs has it."""
    return {
        "id": schedule.name,
        "trigger": msgspec.to_builtins(schedule.cadence),
        "workflow_id": schedule.workflow_id,
        "enabled": schedule.is_enabled,
        "next_run_time": schedule.next_at // 1_000_000,
    }


def _converted(value: Any, kind: type[Any]) -> Any:  # noqa: ANN401 - of that kind
    try:
        return msgspec.convert(value, kind, from_attributes=True)
    except msgspec.ValidationError as error:
        raise InputError(str(error)) from error
