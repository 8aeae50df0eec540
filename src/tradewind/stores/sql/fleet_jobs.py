"""Jobs and executions as rows: written, given out under leases, ended once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from sqlalchemy import bindparam, case, delete, func, insert, or_, select, update

from tradewind.domain.job import ENDED, Execution, ExecutionState, Job, JobPlan, JobState
from tradewind.errors import InputError
from tradewind.stores.chain import clean
from tradewind.stores.fleet import Given, Outcome, Waiting
from tradewind.stores.sql.batches import batched
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
_AT_ONCE: Final = 500
"""Names in one statement."""
_LOST: Final = "its module fell silent or took too long"
_GIVEN_UP: Final = f"given up: {_LOST}"
_CANCELLED: Final = "the job was cancelled"
_WHY: Final = {_F: _GIVEN_UP, _C: _CANCELLED}
_SEEN: Final = ("execution_id", "job_id", "state", "module_id", "result")
_GIVE: Final = (
    update(EXECUTIONS)
    .where(_E.execution_id == bindparam("own"), _E.state == _W, _E.lease == bindparam("was"))
    .values(
        state=_S, module_id=bindparam("to"), lease=bindparam("now_lease"), leased_until=bindparam("until"), progress=""
    )
)
_LAST_JOB: Final = (
    update(MODULES)
    .where(MODULES.c.module_id == bindparam("own"))
    .values(last_job_id=bindparam("job"), version=MODULES.c.version + 1)
)
_END: Final = (
    update(EXECUTIONS)
    .where(_E.execution_id == bindparam("own"))
    .values(
        state=bindparam("to"), module_id=bindparam("by"), result=bindparam("told"), error=bindparam("why"),
        is_late=bindparam("late"),
    )
)  # fmt: skip
_COUNT_MODULE: Final = (
    update(MODULES)
    .where(MODULES.c.module_id == bindparam("own"))
    .values(
        done=MODULES.c.done + bindparam("more"), failed=MODULES.c.failed + bindparam("less"),
        version=MODULES.c.version + 1,
    )
)  # fmt: skip
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
        "timeout_s": plan.limit_s,
        "created_at": draft.created_at,
        "is_late": False,
        **dict.fromkeys(("lease", "leased_until", "sent_at", "ended_at"), 0),
        **dict.fromkeys(("instance", "progress", "result", "error"), ""),
    }


def cancel(connection: Connection, job_id: str, now: int) -> Job:
    """End what has not ended."""
    own = (_E.job_id == job_id, _E.state.in_((_W, _S)))
    connection.execute(update(EXECUTIONS).where(*own).values(state=_C, ended_at=now, error=_CANCELLED))
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
    """Give executions out, each if it is still as it was seen; the number of a lease is given once."""
    if not given:
        return []
    wanted = [
        {"own": one.execution_id, "was": one.lease - 1, "to": one.module_id, "now_lease": one.lease, "until": one.until}
        for one in given
    ]
    connection.execute(_GIVE.values(instance=instance, sent_at=now), wanted)
    taken: list[Given] = []
    for some_given in batched(given, _AT_ONCE):
        ids = [one.execution_id for one in some_given]
        ours = (_E.execution_id.in_(ids), _E.state == _S, _E.instance == instance, _E.sent_at == now)
        holders = select(_E.execution_id, _E.lease, _E.module_id).where(*ours)
        found = {tuple(row) for row in connection.execute(holders)}
        taken += [one for one in some_given if (one.execution_id, one.lease, one.module_id) in found]
    last = {one.module_id: one.job_id for one in taken}
    if last:
        connection.execute(
            _LAST_JOB.values(last_job_at=now), [{"own": module_id, "job": job_id} for module_id, job_id in last.items()]
        )
    count(connection, {one.job_id for one in given}, now)
    return taken


def progress(connection: Connection, execution_id: str, module_id: str, text: str) -> None:
    """Note how far somebody is."""
    own = (_E.execution_id == execution_id, _E.module_id == module_id, _E.state == _S)
    connection.execute(update(EXECUTIONS).where(*own).values(progress=clean(text, 200)))


def finish(connection: Connection, outcomes: Sequence[Outcome], now: int) -> list[bool]:
    """Write outcomes, the first good one of each execution."""
    columns = (_E.execution_id, _E.job_id, _E.state, _E.module_id, _E.result)
    rows: dict[str, dict[str, Any]] = {}
    for some_outcomes in batched(outcomes, _AT_ONCE):
        ids = [outcome.execution_id for outcome in some_outcomes]
        found = connection.execute(select(*columns).where(_E.execution_id.in_(ids)).with_for_update())
        rows |= {row.execution_id: dict(zip(_SEEN, row, strict=True)) for row in found}
    counts, changed, jobs = [], {}, set()
    modules: dict[str, dict[str, Any]] = {}
    for outcome in outcomes:
        row = rows.get(outcome.execution_id)
        values = None if row is None else _accepted(row, outcome)
        counts.append(values is not None)
        if row is None or values is None:
            continue
        # What is in the same lot and comes later finds it as it will be.
        row |= values
        changed[outcome.execution_id] = row
        jobs.add(row["job_id"])
        module = modules.setdefault(outcome.module_id, {"own": outcome.module_id, "more": 0, "less": 0})
        module["more" if outcome.is_done else "less"] += 1
    if changed:
        connection.execute(_END.values(ended_at=now), [_bound(own, row) for own, row in changed.items()])
        connection.execute(_COUNT_MODULE, list(modules.values()))
    count(connection, jobs, now)
    return counts


def _bound(own: str, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "own": own, "to": row["state"], "by": row["module_id"], "told": row["result"],
        "why": row.get("error", ""), "late": row.get("is_late", False),
    }  # fmt: skip


def _accepted(row: dict[str, Any], outcome: Outcome) -> dict[str, Any] | None:
    """Return what an outcome changes of an execution, `None` where it counts no more or was nobody's to give."""
    has_it = row["state"] == _S and row["module_id"] == outcome.module_id
    if not has_it and not (outcome.has_proof and outcome.is_done):
        return None
    if row["state"] not in {_W, _S}:
        # Given up or cancelled, and done after all: what was done is kept, once; that it was given up stays true.
        is_first = row["state"] in _WHY and not row["result"] and outcome.is_done
        is_late = row["state"] == _F
        return {"result": outcome.result, "is_late": is_late, "error": _WHY[row["state"]]} if is_first else None
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
    values = {
        "state": case((is_last, _F), else_=_W),
        "ended_at": case((is_last, now), else_=0),
        "error": case((is_last, _GIVEN_UP), else_=_LOST),
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
