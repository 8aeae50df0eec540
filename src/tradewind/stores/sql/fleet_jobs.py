"""Jobs and executions as rows: written, given out under leases, ended once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from sqlalchemy import case, delete, func, insert, or_, select, update

from tradewind.domain.job import ENDED, Execution, ExecutionState, Job, JobPlan, JobState
from tradewind.errors import InputError
from tradewind.stores.chain import clean
from tradewind.stores.fleet import Given, Outcome, Waiting
from tradewind.stores.sql.fleet_tables import EXECUTIONS, FLEET_JOBS, MODULES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from sqlalchemy.engine import Connection, RowMapping

    from tradewind.domain.fleet import AskJobs
    from tradewind.stores.fleet import Draft

NAMED: Final = "*"
"""In place of a label: whoever may do it is named in the plan."""
_J: Final = FLEET_JOBS.c
_E: Final = EXECUTIONS.c
_W, _S, _D, _F, _C = (state.value for state in ExecutionState)
_ERROR: Final = 500
_ID_DIGITS: Final = 5


def start(connection: Connection, draft: Draft) -> tuple[Job, bool]:
    """Write a job with its executions; return it as it stands, and whether it is new."""
    found = connection.execute(select(FLEET_JOBS).where(_J.job_id == draft.job_id)).mappings().first()
    if found is not None:
        return _job(found), False
    plan, count = draft.plan, len(draft.meant_for)
    row: dict[str, Any] = {
        "job_id": draft.job_id,
        "plan": msgspec.to_builtins(plan),
        "kind": plan.kind,
        "words": " ".join((draft.job_id, plan.kind, plan.label, draft.created_by, draft.origin_id, *plan.codes)),
        "state": JobState.WAITING.value,
        "origin": draft.origin,
        "origin_id": draft.origin_id,
        "created_by": draft.created_by,
        "created_at": draft.created_at,
        "executions": count,
        "waiting": count,
        "error": "",
        "version": 1,
        **dict.fromkeys(("ended_at", "running", "done", "failed"), 0),
    }
    connection.execute(insert(FLEET_JOBS).values(**row))
    connection.execute(insert(EXECUTIONS), [_execution_row(draft, number) for number in range(count)])
    return _job(row), True


def _execution_row(draft: Draft, number: int) -> dict[str, Any]:
    module_id, plan = draft.meant_for[number], draft.plan
    anybody = NAMED if plan.modules else plan.label
    return {
        "execution_id": f"{draft.job_id}-{number:0{_ID_DIGITS}}",
        "job_id": draft.job_id,
        "module_id": module_id,
        "is_pinned": bool(module_id),
        "label": "" if module_id else anybody,
        "state": _W,
        "attempts": plan.attempts,
        "timeout_s": plan.timeout_s,
        "created_at": draft.created_at,
        "is_late": False,
        **dict.fromkeys(("lease", "leased_until", "sent_at", "ended_at"), 0),
        **dict.fromkeys(("instance", "progress", "result", "error"), ""),
    }


def cancel(connection: Connection, job_id: str, now: int) -> Job:
    """End what has not ended."""
    own = (_E.job_id == job_id, _E.state.in_((_W, _S)))
    connection.execute(update(EXECUTIONS).where(*own).values(state=_C, ended_at=now, error="the job was cancelled"))
    count(connection, (job_id,), now)
    found = some(connection, (job_id,))
    if not found:
        message = f"there is no job {job_id!r}"
        raise InputError(message)
    return found[0]


def waiting(
    connection: Connection, instance: str, *, busy: Collection[str], labels: Collection[str], most: int
) -> list[Waiting]:
    """Return what may be given to modules of this server, the oldest first."""
    columns = (_E.execution_id, _E.job_id, _E.module_id, _E.label, _E.lease)
    mine = select(MODULES.c.module_id).where(MODULES.c.instance == instance)
    pinned = (
        select(*columns)
        .where(_E.state == _W, _E.is_pinned, _E.module_id.in_(mine), _E.module_id.not_in(list(busy)))
        .order_by(_E.created_at, _E.execution_id)
        .limit(most)
    )
    for_any = (
        select(*columns)
        .where(_E.state == _W, ~_E.is_pinned, _E.label.in_([*labels, NAMED, ""]))
        .order_by(_E.created_at, _E.execution_id)
        .limit(most)
    )
    found = [Waiting(*row) for row in connection.execute(pinned)]
    # Whoever had one before is not whom it is meant for.
    return found + [Waiting(row[0], row[1], "", row[3], row[4]) for row in connection.execute(for_any)]


def plans(connection: Connection, job_ids: Collection[str]) -> dict[str, tuple[JobPlan, str, str]]:
    """Return plans with where they come from."""
    if not job_ids:
        return {}
    found = select(_J.job_id, _J.plan, _J.origin, _J.origin_id).where(_J.job_id.in_(list(job_ids)))
    return {
        row.job_id: (msgspec.convert(row.plan, JobPlan), row.origin, row.origin_id) for row in connection.execute(found)
    }


def give(connection: Connection, given: Sequence[Given], instance: str, now: int) -> list[Given]:
    """Give executions out, each if it is still as it was seen."""
    taken, jobs = [], {one.job_id for one in given}
    for one in given:
        own = (_E.execution_id == one.execution_id, _E.state == _W, _E.lease == one.lease - 1)
        values = {"state": _S, "module_id": one.module_id, "lease": one.lease, "instance": instance}
        changed = connection.execute(
            update(EXECUTIONS).where(*own).values(**values, leased_until=one.until, sent_at=now, progress="")
        )
        if changed.rowcount:
            taken.append(one)
    last: dict[str, Any] = {one.module_id: one.job_id for one in taken}
    for module_id, job_id in last.items():
        own_row = MODULES.c.module_id == module_id
        values = {"last_job_id": job_id, "last_job_at": now}
        connection.execute(update(MODULES).where(own_row).values(**values, version=MODULES.c.version + 1))
    count(connection, jobs, now)
    return taken


def progress(connection: Connection, execution_id: str, module_id: str, text: str) -> None:
    """Note how far somebody is."""
    own = (_E.execution_id == execution_id, _E.module_id == module_id, _E.state == _S)
    connection.execute(update(EXECUTIONS).where(*own).values(progress=clean(text, 200)))


def finish(connection: Connection, outcomes: Sequence[Outcome], now: int) -> list[bool]:
    """Write outcomes, the first good one of each execution."""
    counts, jobs = [], set()
    for outcome in outcomes:
        columns = (_E.job_id, _E.state, _E.module_id, _E.result)
        own = _E.execution_id == outcome.execution_id
        row = connection.execute(select(*columns).where(own).with_for_update()).first()
        values = None if row is None else _accepted(row, outcome)
        counts.append(values is not None)
        if row is None or values is None:
            continue
        jobs.add(row.job_id)
        connection.execute(update(EXECUTIONS).where(own).values(**values, ended_at=now))
        column = MODULES.c.done if outcome.is_done else MODULES.c.failed
        mine = MODULES.c.module_id == outcome.module_id
        connection.execute(
            update(MODULES).where(mine).values({column: column + 1, MODULES.c.version: MODULES.c.version + 1})
        )
    count(connection, jobs, now)
    return counts


def _accepted(row: Any, outcome: Outcome) -> dict[str, Any] | None:  # noqa: ANN401 - a row of SQLAlchemy's
    """Return what an outcome changes of an execution, `None` where it counts no more or was nobody's to give."""
    has_it = row.state == _S and row.module_id == outcome.module_id
    if not has_it and not (outcome.has_proof and outcome.is_done):
        return None
    if row.state not in {_W, _S}:
        # Given up, and done after all: what was done is kept, once; that it was given up stays true.
        is_first = row.state == _F and not row.result and outcome.is_done
        return {"result": outcome.result, "is_late": True} if is_first else None
    return {
        "state": _D if outcome.is_done else _F,
        "module_id": outcome.module_id,
        "result": outcome.result,
        "error": clean(outcome.error, _ERROR),
        "is_late": not has_it,
    }


def expire(connection: Connection, now: int) -> list[str]:
    """Take back what nobody answers for any more; give up what was tried often enough."""
    over = (_E.state == _S, _E.leased_until < now)
    found = connection.execute(select(_E.execution_id, _E.job_id).where(*over).limit(5_000)).all()
    if not found:
        return []
    ids = [row.execution_id for row in found]
    is_last = _E.lease >= _E.attempts
    lost = "its module fell silent or took too long"
    values = {
        "state": case((is_last, _F), else_=_W),
        "ended_at": case((is_last, now), else_=0),
        "error": case((is_last, f"given up: {lost}"), else_=lost),
    }
    connection.execute(update(EXECUTIONS).where(_E.execution_id.in_(ids), *over).values(**values))
    jobs = sorted({row.job_id for row in found})
    count(connection, jobs, now)
    return jobs


def count(connection: Connection, job_ids: Iterable[str], now: int) -> None:
    """Bring jobs up to date with their executions."""
    for job_id in sorted(job_ids):
        own = _E.job_id == job_id
        rows = connection.execute(select(_E.state, func.count()).where(own).group_by(_E.state))
        states: dict[str, int] = dict(map(tuple, rows))
        if not states:
            continue
        state = _state_of(states)
        is_over = state in ENDED
        error: Any = _J.error
        if states.get(_F):
            failed = select(_E.error).where(own, _E.state == _F).order_by(_E.ended_at).limit(1)
            error = connection.execute(failed).scalar() or ""
        values = {"waiting": states.get(_W, 0), "running": states.get(_S, 0), "done": states.get(_D, 0)}
        connection.execute(
            update(FLEET_JOBS)
            .where(_J.job_id == job_id)
            .values(
                **values,
                failed=states.get(_F, 0),
                state=state.value,
                error=error,
                ended_at=case((_J.ended_at > 0, _J.ended_at), else_=now) if is_over else 0,
                version=_J.version + 1,
            )
        )


def _state_of(states: dict[str, int]) -> JobState:
    if states.get(_W) or states.get(_S):
        begun = states.keys() - {_W}
        return JobState.RUNNING if begun else JobState.WAITING
    if states.get(_C):
        return JobState.CANCELLED
    return JobState.FAILED if states.get(_F) else JobState.DONE


def listed(connection: Connection, ask: AskJobs) -> tuple[list[Job], str]:
    """Return a page of jobs, the newest first."""
    where: list[Any] = []
    if ask.before:
        where.append(_J.seq < _place(ask.before))
    if ask.state is not None:
        where.append(_J.state == ask.state.value)
    if ask.origin_id:
        where.append(_J.origin_id == ask.origin_id)
    if ask.module_id:
        where.append(_J.job_id.in_(select(_E.job_id).where(_E.module_id == ask.module_id)))
    if ask.search:
        where.append(or_(*(field.contains(ask.search, autoescape=True) for field in (_J.words, _J.error))))
    found = select(FLEET_JOBS).where(*where).order_by(_J.seq.desc()).limit(ask.limit)
    rows = list(connection.execute(found).mappings())
    return [_job(row) for row in rows], str(rows[-1]["seq"]) if len(rows) == ask.limit else ""


def _place(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):  # noqa: PLR2004 - what a BIGINT holds
        message = f"before must be the `next` of a page, was {text[:40]!r}"
        raise InputError(message)
    return int(text)


def some(connection: Connection, ids: Collection[str]) -> list[Job]:
    """Return those of them that there are."""
    if not ids:
        return []
    found = select(FLEET_JOBS).where(_J.job_id.in_(list(ids))).order_by(_J.seq)
    return [_job(row) for row in connection.execute(found).mappings()]


def executions(connection: Connection, *, job_id: str, module_id: str, after: str, limit: int) -> list[Execution]:
    """Return executions of a job by id, or the newest of a module."""
    found = select(EXECUTIONS).limit(limit)
    if job_id:
        found = found.where(_E.job_id == job_id, _E.execution_id > after).order_by(_E.execution_id)
    else:
        found = found.where(_E.module_id == module_id, _E.sent_at > 0).order_by(_E.sent_at.desc())
    return [_execution(row) for row in connection.execute(found).mappings()]


def prune(connection: Connection, before: int, *, most: int) -> int:
    """Forget what ended long ago, and more than so many."""
    ended = _J.state.in_([state.value for state in ENDED])
    newest = connection.execute(select(_J.seq).order_by(_J.seq.desc()).offset(most).limit(1)).scalar() or 0
    old = ended & ((_J.ended_at < before) | (_J.seq <= newest))
    ids = list(connection.execute(select(_J.job_id).where(old).limit(500)).scalars())
    if ids:
        connection.execute(delete(EXECUTIONS).where(_E.job_id.in_(ids)))
        connection.execute(delete(FLEET_JOBS).where(_J.job_id.in_(ids)))
    return len(ids)


def open_jobs(connection: Connection) -> int:
    """Return how many jobs have not ended."""
    live = [JobState.WAITING.value, JobState.RUNNING.value]
    return connection.execute(select(func.count()).select_from(FLEET_JOBS).where(_J.state.in_(live))).scalar() or 0


def _job(row: RowMapping | dict[str, Any]) -> Job:
    return msgspec.convert({name: row[name] for name in Job.__struct_fields__}, Job)


def _execution(row: RowMapping) -> Execution:
    own = {name: row[name] for name in Execution.__struct_fields__ if name not in {"state", "result"}}
    result = msgspec.json.decode(row["result"]) if row["result"] else None
    return Execution(**own, state=ExecutionState(row["state"]), result=result)
