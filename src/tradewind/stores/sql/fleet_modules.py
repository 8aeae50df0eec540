"""Modules and the servers they are connected to, as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from sqlalchemy import Text, and_, delete, func, insert, or_, select, type_coerce, update

from tradewind.domain.job import STREAM, ExecutionState
from tradewind.domain.module import Module, ModuleState, Told
from tradewind.errors import InputError, StateConflictError
from tradewind.kernel.clock import NS_PER_S
from tradewind.stores.fleet import Known, ServerRow, Wish
from tradewind.stores.sql.batches import batched
from tradewind.stores.sql.fleet_tables import EXECUTIONS, FLEET_JOBS, MODULES, SERVERS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy.engine import Connection, RowMapping

    from tradewind.domain.fleet import AskModules
    from tradewind.stores.fleet import Link, Newcomer

ADMITTED: Final = "admitted"
_NOT_PLAIN: Final = frozenset({"state", "load", "labels", "told"})
_AT_ONCE: Final = 500
_UNWANTED: Final = (ExecutionState.CANCELLED.value, ExecutionState.FAILED.value)
"""Names in one statement."""
_M: Final = MODULES.c
_E: Final = EXECUTIONS.c


def register(connection: Connection, new: Newcomer, now: int, *, most: int) -> bool:
    """Write a newcomer; false when there are too many."""
    there = connection.execute(
        select(func.count()).select_from(MODULES).where(_M.standing != ModuleState.RETIRED.value)
    ).scalar()
    if (there or 0) >= most:
        return False
    row = msgspec.structs.asdict(new)
    standing = ADMITTED if row.pop("is_admitted") else ModuleState.PENDING.value
    nothing: dict[str, Any] = {"instance": "", "connection": "", "wish": "", "last_job_id": ""}
    nothing |= dict.fromkeys(("connected_at", "seen_at", "done", "failed", "last_job_at"), 0)
    connection.execute(
        insert(MODULES).values(**row, standing=standing, labels=[], told={}, registered_at=now, version=1, **nothing)
    )
    return True


def known(connection: Connection, secret_sha256: str) -> Known | None:
    """Return whose hash has this digest."""
    found = select(_M.module_id, _M.secret_sha256, _M.standing).where(_M.secret_sha256 == secret_sha256)
    row = connection.execute(found).mappings().first()
    return None if row is None else Known(**row)


def connect(connection: Connection, link: Link, now: int, *, alive_since: int) -> bool:
    """Note a connection unless another one stands."""
    living = select(SERVERS.c.instance).where(SERVERS.c.beat_at >= alive_since)
    free = or_(_M.instance == "", _M.instance.not_in(living))
    own = and_(_M.module_id == link.module_id, _M.standing == ADMITTED, free)
    values = {"instance": link.instance, "connection": link.connection, "peer": link.peer, "wish": ""}
    result = connection.execute(
        update(MODULES).where(own).values(**values, connected_at=now, seen_at=now, version=_M.version + 1)
    )
    return bool(result.rowcount)


def disconnect(connection: Connection, link: Link, now: int, *, until: int) -> None:
    """Note the end of a connection."""
    own = (_M.module_id == link.module_id, _M.connection == link.connection)
    values = {"instance": "", "connection": "", "wish": ""}
    if not connection.execute(
        update(MODULES).where(*own).values(**values, seen_at=now, version=_M.version + 1)
    ).rowcount:
        return
    under_way = (_E.module_id == link.module_id, _E.state == ExecutionState.SENT.value, _E.leased_until > until)
    connection.execute(update(EXECUTIONS).where(*under_way).values(leased_until=until))


def take_place(connection: Connection, server: ServerRow) -> None:
    """Begin a server in place of what its address had before."""
    before = select(SERVERS.c.instance).where(SERVERS.c.address == server.address)
    for instance in list(connection.execute(before).scalars()):
        leave(connection, instance, server.started_at)
    values = {"instance": server.instance, "address": server.address}
    connection.execute(insert(SERVERS).values(**values, started_at=server.started_at, beat_at=server.beat_at))


def beat(connection: Connection, server: ServerRow, *, until: int, executions: Sequence[str]) -> list[Wish]:
    """Say that a server lives; renew; return what is wished of it."""
    own, now = SERVERS.c.instance == server.instance, server.beat_at
    if not connection.execute(update(SERVERS).where(own).values(beat_at=now)).rowcount:
        take_place(connection, server)
    unwanted: list[Wish] = []
    is_in_time = _E.sent_at > now - _E.timeout_s * NS_PER_S
    for ids in batched(executions, _AT_ONCE):
        renewed = (_E.execution_id.in_(ids), _E.state == ExecutionState.SENT.value, is_in_time)
        connection.execute(update(EXECUTIONS).where(*renewed).values(leased_until=until))
        concerned = or_(
            _E.state.in_(_UNWANTED), and_(_E.state == ExecutionState.SENT.value, FLEET_JOBS.c.kind == STREAM)
        )
        told = select(_E.module_id, _E.execution_id, _E.state).join(FLEET_JOBS, FLEET_JOBS.c.job_id == _E.job_id)
        unwanted += [
            Wish(row.module_id, "cancel" if row.state in _UNWANTED else "keep", row.execution_id)
            for row in connection.execute(told.where(_E.execution_id.in_(ids), concerned))
        ]
    wished = select(_M.module_id, _M.wish).where(_M.instance == server.instance, _M.wish != "")
    wishes = [Wish(row.module_id, row.wish) for row in connection.execute(wished)]
    if wishes:
        connection.execute(update(MODULES).where(_M.instance == server.instance).values(wish=""))
    return wishes + unwanted


def note_told(connection: Connection, told: Mapping[str, Told]) -> None:
    """Note what modules told of themselves."""
    for module_id, one in told.items():
        values = {"told": msgspec.to_builtins(one), "version": _M.version + 1}
        connection.execute(update(MODULES).where(_M.module_id == module_id).values(values))


def admitted(connection: Connection) -> list[tuple[str, tuple[str, ...]]]:
    """Return ids and labels of all that may be told anything."""
    found = select(_M.module_id, _M.labels).where(_M.standing == ADMITTED).order_by(_M.module_id)
    return [(module_id, tuple(labels)) for module_id, labels in connection.execute(found)]


def of_server(connection: Connection, instance: str, now: int) -> list[Module]:
    """Note that those connected to a server have been seen, and return them."""
    connection.execute(update(MODULES).where(_M.instance == instance).values(seen_at=now))
    found = select(MODULES).where(_M.instance == instance).order_by(_M.module_id)
    return _with_loads(connection, list(connection.execute(found).mappings()))


def leave(connection: Connection, instance: str, now: int) -> None:
    """Take a server off the list."""
    connection.execute(
        update(MODULES)
        .where(_M.instance == instance)
        .values(instance="", connection="", wish="", seen_at=now, version=_M.version + 1)
    )
    connection.execute(delete(SERVERS).where(SERVERS.c.instance == instance))


def bury(connection: Connection, *, alive_since: int) -> list[str]:
    """Take dead servers off the list; return the modules that have lost theirs."""
    dead = list(connection.execute(select(SERVERS.c.instance).where(SERVERS.c.beat_at < alive_since)).scalars())
    living = select(SERVERS.c.instance)
    if dead:
        connection.execute(delete(SERVERS).where(SERVERS.c.instance.in_(dead)))
    lost = and_(_M.instance != "", _M.instance.not_in(living))
    modules = list(connection.execute(select(_M.module_id).where(lost)).scalars())
    if modules:
        values = {"instance": "", "connection": "", "wish": ""}
        connection.execute(update(MODULES).where(lost).values(**values, version=_M.version + 1))
    return modules


def listed(connection: Connection, ask: AskModules) -> list[Module]:
    """Return a page of modules, by id."""
    where: list[Any] = [_M.module_id > ask.after]
    match ask.state:
        case ModuleState.ONLINE:
            where += [_M.standing == ADMITTED, _M.instance != ""]
        case ModuleState.OFFLINE:
            where += [_M.standing == ADMITTED, _M.instance == ""]
        case ModuleState.PENDING | ModuleState.RETIRED:
            where.append(_M.standing == ask.state.value)
        case None:
            where.append(_M.standing != ModuleState.RETIRED.value)
    if ask.label:
        where.append(type_coerce(_M.labels, Text).contains(f'"{ask.label}"', autoescape=True))
    if ask.search:
        fields = (_M.module_id, _M.name, _M.description, type_coerce(_M.labels, Text))
        where.append(or_(*(field.contains(ask.search, autoescape=True) for field in fields)))
    found = select(MODULES).where(*where).order_by(_M.module_id).limit(ask.limit)
    return _with_loads(connection, list(connection.execute(found).mappings()))


def some(connection: Connection, ids: Collection[str]) -> list[Module]:
    """Return those of them that there are."""
    if not ids:
        return []
    found = select(MODULES).where(_M.module_id.in_(list(ids))).order_by(_M.module_id)
    return _with_loads(connection, list(connection.execute(found).mappings()))


def change(connection: Connection, module_id: str, values: Mapping[str, Any], version: int | None) -> Module:
    """Write columns anew."""
    found = select(_M.version, _M.standing).where(_M.module_id == module_id).with_for_update()
    row = connection.execute(found).first()
    if row is None:
        message = f"there is no module {module_id!r}"
        raise InputError(message)
    retired = ModuleState.RETIRED.value
    if row.standing == retired and values.get("standing") != retired:
        message = f"module {module_id} is retired; it has to register anew"
        raise StateConflictError(message)
    if version is not None and row.version != version:
        message = f"module {module_id} is at version {row.version}, you saw {version}; read it again"
        raise StateConflictError(message)
    connection.execute(update(MODULES).where(_M.module_id == module_id).values(**values, version=_M.version + 1))
    return some(connection, (module_id,))[0]


def servers(connection: Connection, *, alive_since: int) -> list[ServerRow]:
    """Return the servers of this fleet."""
    count = select(_M.instance, func.count().label("count")).where(_M.instance != "").group_by(_M.instance)
    modules = {row.instance: row[1] for row in connection.execute(count)}
    found = connection.execute(select(SERVERS).order_by(SERVERS.c.started_at)).mappings()
    return [
        ServerRow(**row, modules=modules.get(row["instance"], 0), is_alive=row["beat_at"] >= alive_since)
        for row in found
    ]


def _with_loads(connection: Connection, rows: list[RowMapping]) -> list[Module]:
    ids = [row["module_id"] for row in rows]
    loads: dict[str, int] = {}
    for some_ids in batched(ids, _AT_ONCE):
        under_way = (_E.state == ExecutionState.SENT.value, _E.module_id.in_(some_ids))
        found = select(_E.module_id, func.count()).where(*under_way).group_by(_E.module_id)
        loads |= dict(map(tuple, connection.execute(found)))
    return [_module(row, loads.get(row["module_id"], 0)) for row in rows]


def _module(row: RowMapping, load: int) -> Module:
    standing = row["standing"]
    if standing == ADMITTED:
        state = ModuleState.ONLINE if row["instance"] else ModuleState.OFFLINE
    else:
        state = ModuleState(standing)
    own = {name: row[name] for name in Module.__struct_fields__ if name not in _NOT_PLAIN}
    return Module(**own, state=state, load=load, labels=tuple(row["labels"]), told=msgspec.convert(row["told"], Told))
