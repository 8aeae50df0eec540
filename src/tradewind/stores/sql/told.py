"""Statements about what people were told: happenings and each person's notices. Within the caller's transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, delete, func, insert, or_, select, update

from tradewind.domain.notice import Happening, Notice, NoticeKind
from tradewind.stores.sql.notice_tables import DELIVERIES, HAPPENINGS, NOTICE_STATES, NOTICES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Connection

    from tradewind.stores.notices import Telling

_H: Final = HAPPENINGS.c
_N: Final = NOTICES.c
HAPPENED: Final = (_H.kind, _H.product_code, _H.account_id, _H.subject, _H.actor, _H.params, _H.is_urgent, _H.ts_event)
"""A happening's columns beside its id, for whoever joins it."""
_TOLD: Final = select(_N.notice_id, _N.username, _N.event_id, _N.read_at, _N.created_at, *HAPPENED).select_from(
    NOTICES.join(HAPPENINGS, _H.event_id == _N.event_id)
)
_OPEN: Final = ("waiting", "sending")


def write(connection: Connection, tellings: Sequence[Telling], now: int) -> list[Notice]:
    """Write what was not told before; return the notices that are new, in the order of their ids."""
    wanted = {telling.happening.event_id: telling for telling in tellings}
    known = set(connection.execute(select(_H.event_id).where(_H.event_id.in_(wanted))).scalars()) if wanted else set()
    new = [telling for event_id, telling in wanted.items() if event_id not in known]
    if not new:
        return []
    connection.execute(insert(HAPPENINGS), [_happened(telling, now) for telling in new])
    notices = [
        {"username": username, "event_id": telling.happening.event_id, "read_at": 0, "created_at": now}
        for telling in new
        for username in telling.usernames
    ]
    if notices:
        connection.execute(insert(NOTICES), notices)
    ways = [_waiting(telling.happening.event_id, way, now) for telling in new for way in telling.ways]
    if ways:
        connection.execute(insert(DELIVERIES), ways)
    ids = [telling.happening.event_id for telling in new]
    return [_notice(row) for row in connection.execute(_TOLD.where(_N.event_id.in_(ids)).order_by(_N.notice_id))]


def read(connection: Connection, username: str, *, before: int, limit: int, is_unread: bool) -> list[Notice]:
    """Return a page of somebody's notices, the newest first."""
    match = [_N.username == username]
    if before:
        match.append(_N.notice_id < before)
    if is_unread:
        match.append(_N.read_at == 0)
    found = _TOLD.where(*match).order_by(_N.notice_id.desc()).limit(limit)
    return [_notice(row) for row in connection.execute(found)]


def newest(connection: Connection, limit: int) -> list[Notice]:
    """Return the newest notices of all people, the oldest first."""
    found = _TOLD.order_by(_N.notice_id.desc()).limit(limit)
    return [_notice(row) for row in connection.execute(found)][::-1]


def unread(connection: Connection, username: str) -> int:
    """Return how many are not read."""
    found = select(func.count()).select_from(NOTICES).where(_N.username == username, _N.read_at == 0)
    return connection.execute(found).scalar() or 0


def mark(connection: Connection, username: str, ids: Sequence[int], *, through: int, now: int) -> int:
    """Count notices of one person as read; return how many were not."""
    which = or_(_N.notice_id.in_(ids), _N.notice_id <= through)
    done = connection.execute(
        update(NOTICES).where(_N.username == username, _N.read_at == 0, which).values(read_at=now)
    )
    return done.rowcount


def prune(connection: Connection, before: int, *, most: int) -> int:
    """Forget what is older than a moment, and of each person all but the newest `most`; return the notices gone."""
    gone = connection.execute(delete(NOTICES).where(_N.created_at < before)).rowcount
    crowded = select(_N.username).group_by(_N.username).having(func.count() > most)
    for username in list(connection.execute(crowded).scalars()):
        newest = select(_N.notice_id).where(_N.username == username).order_by(_N.notice_id.desc())
        last = connection.execute(newest.offset(most - 1).limit(1)).scalar_one()
        gone += connection.execute(delete(NOTICES).where(_N.username == username, _N.notice_id < last)).rowcount
    ways = DELIVERIES.c
    connection.execute(delete(DELIVERIES).where(ways.created_at < before, ways.state.not_in(_OPEN)))
    is_needed = or_(
        select(_N.event_id).where(_N.event_id == _H.event_id).exists(),
        select(ways.event_id).where(ways.event_id == _H.event_id).exists(),
    )
    connection.execute(delete(HAPPENINGS).where(and_(_H.created_at < before, ~is_needed)))
    connection.execute(delete(NOTICE_STATES).where(NOTICE_STATES.c.updated_at < before))
    return gone


def happening_of(row: Any) -> Happening:  # noqa: ANN401 - a row with those columns
    """Return the happening of a row that has its columns."""
    return Happening(
        event_id=row.event_id,
        kind=NoticeKind(row.kind),
        product_code=row.product_code,
        account_id=row.account_id,
        subject=row.subject,
        actor=row.actor,
        params=row.params,
        ts_event=row.ts_event,
    )


def _happened(telling: Telling, now: int) -> dict[str, Any]:
    one = telling.happening
    return {
        "event_id": one.event_id,
        "kind": one.kind.value,
        "product_code": one.product_code,
        "account_id": one.account_id,
        "subject": one.subject,
        "actor": one.actor,
        "params": one.params,
        "is_urgent": telling.is_urgent,
        "ts_event": one.ts_event,
        "created_at": now,
    }


def _waiting(event_id: str, way: Any, now: int) -> dict[str, Any]:  # noqa: ANN401 - `stores.notices.Way`
    return {
        "event_id": event_id,
        "channel": way.channel,
        "username": way.username,
        "state": "waiting",
        "attempts": 0,
        "due_at": way.due_at,
        "claimed_until": 0,
        "message_id": "",
        "error": "",
        "created_at": now,
        "ended_at": 0,
    }


def _notice(row: Any) -> Notice:  # noqa: ANN401 - a row with the columns of `_TOLD`
    return Notice(
        notice_id=row.notice_id,
        username=row.username,
        kind=NoticeKind(row.kind),
        is_urgent=row.is_urgent,
        product_code=row.product_code,
        account_id=row.account_id,
        subject=row.subject,
        actor=row.actor,
        params=row.params,
        event_id=row.event_id,
        ts_event=row.ts_event,
        created_at=row.created_at,
        is_read=row.read_at > 0,
    )
