"""Statements about messages on their way: what is due, who is at it, what came of it. In the caller's transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, case, func, or_, select, update

from tradewind.domain.notice import Delivery, DeliveryState
from tradewind.stores.sql.notice_tables import DELIVERIES, HAPPENINGS
from tradewind.stores.sql.told import HAPPENED, happening_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.engine import Connection

    from tradewind.stores.notices import Outcome

_D: Final = DELIVERIES.c
_S: Final = DeliveryState
_ALL: Final = select(*_D, *HAPPENED).select_from(DELIVERIES.join(HAPPENINGS, HAPPENINGS.c.event_id == _D.event_id))
_ERROR_LENGTH: Final = 500


def due(connection: Connection, channel: str, now: int, *, limit: int) -> list[Delivery]:
    """Return what may be sent now, the oldest first."""
    order = (_D.due_at, _D.message_id, _D.delivery_id)  # what goes out as one message stays together
    found = _ALL.where(_D.channel == channel, _is_free(now)).order_by(*order).limit(limit)
    return [_delivery(row) for row in connection.execute(found)]


def sent_since(connection: Connection, channel: str, usernames: Collection[str], since: int) -> dict[str, list[int]]:
    """Return when messages went out to each, the oldest first; a digest is one."""
    sent = (_D.channel == channel, _D.username.in_(usernames), _D.state == _S.SENT, _D.ended_at > since)
    when = func.max(_D.ended_at)
    found = select(_D.username, when).where(*sent).group_by(_D.username, _D.message_id).order_by(when)
    moments: dict[str, list[int]] = {}
    for username, moment in connection.execute(found):
        moments.setdefault(username, []).append(moment)
    return moments


def claim(connection: Connection, ids: Sequence[int], *, message_id: str, until: int, now: int) -> bool:
    """Take all of them or none; the caller rolls back where this says False."""
    is_ours = or_(_D.message_id == "", _D.message_id == message_id)
    values = {"state": _S.SENDING.value, "claimed_until": until, "message_id": message_id, "due_at": now}
    done = connection.execute(update(DELIVERIES).where(_D.delivery_id.in_(ids), is_ours, _is_free(now)).values(values))
    return done.rowcount == len(ids)


def settle(connection: Connection, ids: Sequence[int], *, message_id: str, outcome: Outcome) -> None:
    """Note what came of a try; a claim that another took over meanwhile is theirs to settle."""
    is_over = outcome.state in {_S.SENT, _S.DEAD}
    values: dict[str, Any] = {
        "state": outcome.state.value,
        "due_at": outcome.due_at,
        "claimed_until": 0,
        "error": outcome.error[:_ERROR_LENGTH],
        "attempts": _D.attempts + (1 if outcome.is_counted else 0),
        "ended_at": outcome.now if is_over else 0,
    }
    ours = (_D.delivery_id.in_(ids), _D.message_id == message_id, _D.state == _S.SENDING)
    connection.execute(update(DELIVERIES).where(*ours).values(values))


def postpone(connection: Connection, ids: Sequence[int], due_at: int) -> None:
    """Let what waits become due later."""
    later = case((_D.due_at < due_at, due_at), else_=_D.due_at)
    connection.execute(update(DELIVERIES).where(_D.delivery_id.in_(ids), _D.state == _S.WAITING).values(due_at=later))


def retry(connection: Connection, delivery_id: int, now: int) -> bool:
    """Let one that was given up wait again, with all that shared its message; its age and its tries count anew."""
    values = {"state": _S.WAITING.value, "due_at": now, "created_at": now, "attempts": 0, "ended_at": 0, "error": ""}
    shared = connection.execute(select(_D.message_id).where(_D.delivery_id == delivery_id)).scalar()
    which = _D.message_id == shared if shared else _D.delivery_id == delivery_id
    return connection.execute(update(DELIVERIES).where(which, _D.state == _S.DEAD).values(values)).rowcount > 0


def listed(connection: Connection, *, state: DeliveryState | None, before: int, limit: int) -> list[Delivery]:
    """Return a page, the newest first."""
    match: list[ColumnElement[bool]] = [] if state is None else [_D.state == state]
    if before:
        match.append(_D.delivery_id < before)
    return [
        _delivery(row) for row in connection.execute(_ALL.where(*match).order_by(_D.delivery_id.desc()).limit(limit))
    ]


def counts(connection: Connection) -> dict[tuple[str, DeliveryState], int]:
    """Return how many are not sent, by channel and state."""
    found = select(_D.channel, _D.state, func.count()).where(_D.state != _S.SENT).group_by(_D.channel, _D.state)
    return {(channel, DeliveryState(state)): count for channel, state, count in connection.execute(found)}


def _is_free(now: int) -> ColumnElement[bool]:
    """Return what holds of a delivery that anybody may send: due, or in the hands of somebody who fell silent."""
    is_due = and_(_D.state == _S.WAITING, _D.due_at <= now)
    return or_(is_due, and_(_D.state == _S.SENDING, _D.claimed_until <= now))


def _delivery(row: Any) -> Delivery:  # noqa: ANN401 - a row with the columns of `_ALL`
    return Delivery(
        delivery_id=row.delivery_id,
        channel=row.channel,
        username=row.username,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        due_at=row.due_at,
        message_id=row.message_id,
        error=row.error,
        created_at=row.created_at,
        ended_at=row.ended_at,
        happening=happening_of(row),
    )
