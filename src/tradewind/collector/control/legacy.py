"""The control server's old routes, as clients of system 002 use them: their bodies, and their envelope of answers.

Modules are named by their id; the hash, which is a secret, is taken in its place but never shown. What is written down
of system 002 names its routes and not their bodies, so each reading of a body is taken that can mean one thing only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

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
_MESSAGES: Final = ("message", "data", "command")
_STEPS: Final = ("steps", "modules", "nodes")
_VERBS: Final = frozenset({"execute", "shutdown"})
_FORM: Final = "application/x-www-form-urlencoded"
_MOST_FIELDS: Final = 50


def envelope(result: Any = None) -> bytes:  # noqa: ANN401 - any JSON
    """Return a good answer."""
    return msgspec.json.encode(protocol_registration.envelope(result))


def refusal(message: str) -> bytes:
    """Return an answer that is no success."""
    return msgspec.json.encode(protocol_registration.envelope(None, code=OFFLINE, message=message))


def body_of(raw: bytes, *, kind: str = "", query: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Read a body of that content type, JSON unless it says it is a form; what it lacks may stand in the query.

    Raises: InputError: it is neither a JSON object nor a form.
    """
    if kind == _FORM:
        try:
            found = dict(parse_qsl(raw.decode(), max_num_fields=_MOST_FIELDS))
        except ValueError as error:
            message = f"the body must be a form of at most {_MOST_FIELDS} fields: {error}"
            raise InputError(message) from error
    else:
        found = _object(raw)
    return {**(query or {}), **found}


def _object(raw: bytes) -> dict[str, Any]:
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

    The command is an object or its JSON, once more in a `message` as it goes to a module, or stands beside the hash.

    Raises: InputError: it asks for anything else.
    """
    said = _message(body) if any(name in body for name in _MESSAGES) else body
    if "type" not in said and any(name in said for name in _MESSAGES):
        said = _message(said)
    verb = said.get("type", "execute" if "args" in said or "codes" in said else None)
    if verb == "shutdown":
        return None
    if verb != "execute":
        message = f"message.type must be execute or shutdown, was {shown(verb)}"
        raise InputError(message)
    return _plan(_args(said), modules=(module_id,))


def _message(body: Mapping[str, Any]) -> Mapping[str, Any]:
    said = next(body[name] for name in _MESSAGES if name in body)
    if isinstance(said, str):
        return {"type": said} if said in _VERBS else _object(said.encode())
    if not isinstance(said, dict):
        message = f"message must be a JSON object, was {shown(said)}"
        raise InputError(message)
    return said


def _args(said: Mapping[str, Any]) -> Any:  # noqa: ANN401 - what stands in a body
    """Return the arguments of a command or a step: `args` with codes in it, `args` that are the codes, or codes."""
    args = said.get("args", {"codes": said["codes"]} if "codes" in said else None)
    if isinstance(args, str) and args.lstrip().startswith("{"):
        return _object(args.encode())
    return {"codes": args} if isinstance(args, list | str) else args


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
    """Return the steps of a workflow: each names a module or a label, and the codes of its job, or those of all.

    `id_of` maps what modules are called by to their ids. Raises: InputError.
    """
    steps = []
    for one in _steps(body):
        label = one.get("label") or ""
        modules = () if label else (id_of.get(module_named(one), module_named(one)),)
        name = one.get("name") or ""
        args = _args(one if "args" in one or "codes" in one else body)
        steps.append(_converted({"name": name, "plan": _plan(args, modules=modules, label=label)}, Step))
    return tuple(steps)


def names_in(body: Mapping[str, Any]) -> list[str]:
    """Return what the steps of a workflow call modules by. Raises: InputError."""
    return [module_named(one) for one in _steps(body) if not one.get("label")]


def workflow_named(body: Mapping[str, Any]) -> str:
    """Return what a workflow is called. Raises: InputError."""
    name = body.get("name", body.get("workflow_name"))
    if not isinstance(name, str) or not 1 <= len(name) <= 100:  # noqa: PLR2004 - as `fleet.CreateWorkflow`
        message = f"name must be a text of 1 to 100 characters, was {shown(name)}"
        raise InputError(message)
    return name


def _steps(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the steps as objects; one that is a text is a module's name."""
    given = next((body[name] for name in _STEPS if name in body), None)
    if not isinstance(given, list) or not 1 <= len(given) <= 32:  # noqa: PLR2004 - as `domain.job.Steps`
        message = "steps must be a list of 1 to 32, each with hash or label, and args.codes"
        raise InputError(message)
    found = [{"hash": one} if isinstance(one, str) else one for one in given]
    strange = next((one for one in found if not isinstance(one, dict)), None)
    if strange is not None:
        message = f"a step must be a JSON object or a module's hash, was {shown(strange)}"
        raise InputError(message)
    return found


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
