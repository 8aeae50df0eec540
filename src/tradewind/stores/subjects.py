"""Whom and what an event is about: the columns by which people look for entries of the journal."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


_SUBJECTS: Final[Mapping[str, Callable[[Any], str]]] = {
    "instructions": attrgetter("instruction_id"),
    "plans": attrgetter("name"),
    "triggers": attrgetter("trigger_id"),
    "order_requests": attrgetter("client_order_id"),
    "cancel_requests": attrgetter("client_order_id"),
    "approved_orders": attrgetter("order.client_order_id"),
    "refused_orders": attrgetter("order.client_order_id"),
    "orders": attrgetter("request.client_order_id"),
    "fills": attrgetter("client_order_id"),
    "trading_states": lambda state: f"{state.scope}:{state.key}" if state.key else str(state.scope),
    "limit_warnings": attrgetter("rule"),
    "cash_moves": attrgetter("account_id"),
    "settlements": attrgetter("account_id"),
    "statement_reviews": attrgetter("account_id"),
    "acts": attrgetter("subject"),
}


def about(topic: str, event: object, actor: str, source: str) -> tuple[str, str, str]:
    """Return (actor, source, subject) of an entry: the caller's word first, else the event's own."""
    find = _SUBJECTS.get(topic)
    if topic == "acts":
        source = getattr(event, "source", source)
    return actor or getattr(event, "actor", ""), source, find(event) if find is not None else ""
